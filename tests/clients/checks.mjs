// Checks with a sentence each, run in their order until one fails.

import { isDeepStrictEqual, inspect } from "node:util";

const checks = [];

/** The function holds this sentence to be true. */
export function check(sentence, holds) {
  checks.push([sentence, holds]);
}

export async function run(afterEach = async () => {}) {
  for (const [sentence, holds] of checks) {
    try {
      await holds();
      await afterEach();
    } catch (error) {
      console.log(`FAILED  ${sentence}`);
      console.error(error);
      process.exit(1);
    }
    console.log(`ok      ${sentence}`);
  }
  process.exit(0);
}

/** Looks again and again until there is something to see, and returns that. */
export async function until(what, look, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s, at last ${inspect(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function equal(seen, expected) {
  if (!isDeepStrictEqual(seen, expected)) {
    throw new Error(`it is ${inspect(seen)}, and should be ${inspect(expected)}`);
  }
}

export function holds(is, otherwise) {
  if (!is) throw new Error(typeof otherwise === "string" ? otherwise : inspect(otherwise, { depth: 6 }));
}
