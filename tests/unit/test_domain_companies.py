"""Who is of one company, by their addresses."""

from __future__ import annotations

import pytest

from core.domain.companies import same_company


@pytest.mark.parametrize(
    ("email", "others", "same"),
    [
        ("olga@Firm.Example", ["ivan@firm.example"], True),
        ("olga@firm.example.", ["x@other.example", "ivan@FIRM.example"], True),
        ("olga@фирма.рф", ["ivan@фирма.рф"], True),
        ("olga@it.firm.example", ["ivan@firm.example"], False),
        ("olga@notfirm.example", ["ivan@firm.example"], False),
        ("olga@gmail.com", ["ivan@gmail.com"], False),
        ("olga@Mail.ru", ["ivan@mail.ru"], False),
        ("olga@provider.example", ["ivan@provider.example"], False),
        ("root@localhost", ["ivan@localhost"], False),
        ("olga", ["ivan"], False),
        ("", [""], False),
        ("olga@firm.example", [], False),
    ],
)
def test_one_company_has_one_domain_that_is_not_everybodys(email: str, others: list[str], same: bool) -> None:
    assert same_company(email, others, public=("Provider.example",)) is same
