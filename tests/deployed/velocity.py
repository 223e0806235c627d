"""Answers forms as API Gateway would by the template's fallback API, with airspeed for Velocity.

Reads JSON from standard input: the template's path, forms, and spellings of their content type. Writes, for
each form, which document is the answer, as the template names it: one word if all spellings agree.
"""

import json
import re
import sys

try:
    import airspeed
    import yaml
except ImportError as error:
    sys.exit(f"{error}: tests/deployed/run installs what evaluates the template")


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's tags as lists that begin with their name."""


def tagged(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        return [suffix, loader.construct_scalar(node)]
    if isinstance(node, yaml.SequenceNode):
        return [suffix, *loader.construct_sequence(node, deep=True)]
    return [suffix, loader.construct_mapping(node, deep=True)]


Loader.add_multi_constructor("!", tagged)


def text(template, value):
    """What a mapping's value stands for, where it depends on no parameter."""
    if isinstance(value, str):
        return value
    function, mapping, first, second = value
    assert function == "FindInMap", value
    return template["Mappings"][mapping][first][second]


def document(value):
    """The name of the document that a response is made of."""
    names = re.findall(r"'(Voice|Thanks|HangUp)'", repr(value))
    assert len(set(names)) == 1, value
    return names[0]


class Input:
    def __init__(self, body):
        self.body = body


def main():
    asked = json.load(sys.stdin)
    with open(asked["template"], encoding="utf-8") as file:
        template = yaml.load(file, Loader)
    api = template["Resources"]["FallbackApi"]["Properties"]["DefinitionBody"]
    integration = api["paths"]["/voice"]["post"]["x-amazon-apigateway-integration"]
    templates = {
        spelling: airspeed.Template(text(template, integration["requestTemplates"][spelling]))
        for spelling in asked["spellings"]
    }
    responses = integration["responses"]
    for form in asked["forms"]:
        answers = set()
        for velocity in templates.values():
            status = str(json.loads(velocity.merge({"input": Input(form)}))["statusCode"])
            patterns = [key for key in responses if key != "default" and re.fullmatch(key, status)]
            response = responses[patterns[0] if patterns else "default"]
            assert response["statusCode"] == "200", response
            answers.add(document(response["responseTemplates"]["application/json"]))
        print(" ".join(sorted(answers)))


main()
