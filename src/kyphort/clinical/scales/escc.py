"""Epidural spinal cord compression by Bilsky's grades."""

from kyphort.clinical.scales.ordered import OrderedScale


class EsccGrade(OrderedScale):
    """Bilsky's grades on axial T2, at the worst level: 0, 1a, 1b, 1c, 2, 3.

    Source: Bilsky et al., J Neurosurg Spine 2010;13:324, doi:10.3171/2010.3.SPINE09459.

    >>> EsccGrade("1b") < EsccGrade.GRADE_2, EsccGrade("1c").finding
    (True, 'the dura touches the cord, no compression')
    >>> max(EsccGrade.GRADE_1C, EsccGrade.GRADE_1A).value
    '1c'
    """

    GRADE_0 = "0"
    GRADE_1A = "1a"
    GRADE_1B = "1b"
    GRADE_1C = "1c"
    GRADE_2 = "2"
    GRADE_3 = "3"

    @property
    def finding(self) -> str:
        """What the grade shows, in words."""
        return (
            "bone only",
            "epidural, the thecal sac keeps its shape",
            "the thecal sac is deformed, the cord is free",
            "the dura touches the cord, no compression",
            "cord compression, CSF visible",
            "cord compression, no CSF visible",
        )[self.rank]

    @property
    def compresses_cord(self) -> bool:
        """Whether the cord is compressed: grades 2 and 3."""
        return self >= EsccGrade.GRADE_2
