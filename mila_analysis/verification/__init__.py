"""Generated code to evidence that it is the function: algebra, ulp against balls."""

from mila_analysis.verification.certificate import Certificate, VerificationError
from mila_analysis.verification.finding import Finding
from mila_analysis.verification.legs import LEGS, verify
from mila_analysis.verification.promises import AIMS

__all__ = ["AIMS", "LEGS", "Certificate", "Finding", "VerificationError", "verify"]
