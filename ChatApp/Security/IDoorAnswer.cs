namespace ChatApp.Security;

/// <summary>Says no in the words of the protocol that was asked in. The protocols know theirs; the door only knows why.</summary>
public interface IDoorAnswer
{
    /// <summary>Answers a request that may not pass.</summary>
    Task WriteAsync(HttpContext context, DoorRefusal refusal);
}

/// <summary>Why a request may not pass.</summary>
public enum DoorRefusal
{
    /// <summary>It has no key, or a wrong one.</summary>
    Unauthenticated,

    /// <summary>It has two keys, and they are not the same.</summary>
    ConflictingCredentials,

    /// <summary>Another site made a browser send it.</summary>
    CrossSite,
}
