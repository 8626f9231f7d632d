"""La page des promesses ne cite que des essais qui existent."""

import re

from tests.conftest import RACINE


def test_chaque_essai_nomme_existe():
    """Un fichier d'essais renommé ou retiré ne reste pas une preuve."""
    page = (RACINE / "docs" / "promesses.md").read_text("utf-8")
    essais = set(re.findall(r"`(test_\w+\.py)`", page))
    assert len(essais) >= 10
    assert not {e for e in essais if not (RACINE / "tests" / e).is_file()}
