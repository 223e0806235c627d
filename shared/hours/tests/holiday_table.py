"""Writes holiday_table.txt, with which the test of the rules compares.

    pip install holidays==0.109
    python shared/hours/tests/holiday_table.py > shared/hours/tests/holiday_table.txt

Public holidays from 2024 to 2033: the United States (federal), England, Germany (what all of it has), France
(metropolitan). `holidays` has a holiday that is observed on another day on both days, and so has the table.
"""

import holidays

VERSION = "0.109"
YEARS = range(2024, 2034)
TABLES = {
    "us": {"country": "US"},
    "gb": {"country": "GB", "subdiv": "ENG"},
    "de": {"country": "DE"},
    "fr": {"country": "FR"},
}


def main():
    if holidays.__version__ != VERSION:
        raise SystemExit(f"this is holidays {holidays.__version__}: pip install holidays=={VERSION}")
    print(f"# Public holidays as holidays {VERSION} of PyPI has them, written by holiday_table.py.")
    for table, country in TABLES.items():
        # What is observed in one year may belong to the next.
        years = holidays.country_holidays(**country, years=range(YEARS.start, YEARS.stop + 1), observed=True)
        for date in sorted(years):
            if date.year in YEARS:
                print(table, date)


if __name__ == "__main__":
    main()
