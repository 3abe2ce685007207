"""Generated code to evidence that it is the function: algebra, ulp against balls."""

from mila_analysis.verification.certificate import Certificate, VerificationError
from mila_analysis.verification.finding import Finding
from mila_analysis.verification.legs import LEGS, verify

__all__ = ["LEGS", "Certificate", "Finding", "VerificationError", "verify"]
