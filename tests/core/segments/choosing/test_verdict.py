"""The verdict on K-Means agrees with the figures."""

from dataclasses import replace

from core.segments.choosing.algorithm_comparison import Compared
from core.segments.choosing.verdict import verdict

KMEANS = Compared(
    algorithm="K-Means", how="", assigns_new=True, k=4, clusters=4, noise_share=0.0, smallest=160, silhouette=0.34,
    davies_bouldin=1.0, calinski_harabasz=3000.0, stability_ari=0.9, stability_se=0.01, bootstraps=100, seconds=0.02,
    customers=1_000, sampled=False,
)  # fmt: skip
WARD = replace(KMEANS, algorithm="Ward", assigns_new=False, silhouette=0.30, stability_ari=0.41)
MIXTURE = replace(KMEANS, algorithm="Gaussian mixture", silhouette=0.18, stability_ari=0.89)
DBSCAN = replace(KMEANS, algorithm="DBSCAN", assigns_new=False, k=None, smallest=6)
HDBSCAN = replace(KMEANS, algorithm="HDBSCAN", assigns_new=False, k=None, clusters=2, noise_share=0.24)


def test_everything_speaks_for_it() -> None:
    assert verdict([KMEANS, WARD, MIXTURE, DBSCAN, HDBSCAN], 4) == (
        "K-Means is the default: with 4 segments, its segments are the most distinct (silhouette 0.34; Ward 0.30), "
        "they are the most stable when the shop is resampled (agreement 0.90; Ward 0.41, Gaussian mixture 0.89), "
        "DBSCAN isolates groups as small as 6 customers, HDBSCAN leaves 24% of customers in no segment "
        "and it assigns new customers to a segment without refitting, which Ward, DBSCAN and HDBSCAN cannot."
    )


def test_close_is_no_difference() -> None:
    text = verdict([KMEANS, replace(WARD, silhouette=0.35), replace(MIXTURE, stability_ari=0.91)], 4)
    assert "its silhouette of 0.34 is within 0.02 of the best (Ward)" in text
    assert "they are as stable as any when the shop is resampled (agreement 0.90; " in text
    assert "; Ward 0.41, Gaussian mixture 0.91)" in text
    assert "Against it" not in text


def test_what_speaks_against_it_is_not_kept_quiet() -> None:
    text = verdict([KMEANS, replace(WARD, silhouette=0.5), replace(MIXTURE, stability_ari=0.97)], 4)
    assert text.endswith(
        " Against it: segments of Ward are more distinct (silhouette 0.50 against 0.34) and Gaussian mixture is "
        "more stable when the shop is resampled (0.97 against 0.90)."
    )


def test_without_a_comparison_it_says_why() -> None:
    assert verdict([], 4).startswith("Comparing algorithms needs at least 50 customers")


def test_silhouettes_below_zero_have_a_minus() -> None:
    assert "Ward −0.10" in verdict([KMEANS, replace(WARD, silhouette=-0.1), replace(MIXTURE, silhouette=None)], 4)
