"""What can be refused about people and accounts."""

from __future__ import annotations

from modelport.errors import BadRequest, Conflict, Forbidden, NotFound, TooManyRequests, Unauthenticated, UpstreamFailed

__all__ = [
    "AccountSuspended",
    "AlreadyMember",
    "BadEmail",
    "EmailTaken",
    "IdentityRefused",
    "InvitationRefused",
    "NoSuchAccount",
    "NoSuchIdentity",
    "NoSuchInvitation",
    "NoSuchMember",
    "NoSuchPasskey",
    "NoSuchSession",
    "NoSuchUser",
    "NotAnOrganization",
    "NotSignedIn",
    "OwnerStays",
    "OwnsOrganization",
    "PasskeyRefused",
    "ProofRefused",
    "ProveAgain",
    "ProviderFailed",
    "RegistrationClosed",
    "SetupLinkSpent",
    "TooManyTries",
    "WeakPassword",
    "WrongCredentials",
]


class WrongCredentials(Unauthenticated):
    """The address and the password, or the code, do not belong together. Never says which is wrong."""


class ProofRefused(Forbidden):
    """A code, a link or a ticket is wrong, used, or too old."""


class ProveAgain(Forbidden):
    """What is asked for needs a fresh proof of who asks."""


class RegistrationClosed(Forbidden):
    """The operator does not let this address sign up."""


class TooManyTries(TooManyRequests):
    """Signing in was tried too often."""


class NotSignedIn(Unauthenticated):
    """No session, or one that has ended."""


class AccountSuspended(Forbidden):
    """The person or the account is suspended."""


class NoSuchAccount(NotFound):
    """No account has this id, or the caller is no member of it."""


class NoSuchPasskey(NotFound):
    """The person has no passkey with this id."""


class PasskeyRefused(Unauthenticated):
    """A passkey's answer is wrong, or no passkey of anybody here."""


class NoSuchSession(NotFound):
    """The person has no session with this id."""


class BadEmail(BadRequest):
    """The text is no e-mail address."""


class WeakPassword(BadRequest):
    """The password is too short to protect an administrator."""


class EmailTaken(Conflict):
    """Another user has this e-mail address."""


class NoSuchUser(NotFound):
    """No user has this e-mail address."""


class SetupLinkSpent(Forbidden):
    """The first administrator's link was used already, or never was one."""


class AlreadyMember(Conflict):
    """The person is in the account already."""


class InvitationRefused(Forbidden):
    """The invitation is used, taken back, too old, or for somebody else."""


class NoSuchInvitation(NotFound):
    """The account has no open invitation with this id."""


class NoSuchMember(NotFound):
    """The account has no member with this id."""


class NotAnOrganization(BadRequest):
    """This is done with organisations only, not with a person's own account."""


class OwnsOrganization(Conflict):
    """Who owns an organisation can't be erased."""


class OwnerStays(Conflict):
    """An account has one owner, changed by handing it over only."""


class IdentityRefused(Forbidden):
    """An identity at a provider can't be used for this account."""


class NoSuchIdentity(NotFound):
    """There is no such identity provider, or it is not linked."""


class ProviderFailed(UpstreamFailed):
    """An identity provider failed, or said what can't be believed."""
