namespace ChatApp.Providers;

/// <summary>What a provider's failure means to the run.</summary>
public enum ProviderFault
{
    /// <summary>The provider answered with an error, or could not be reached. Problem type <c>upstream-error</c>.</summary>
    Error,

    /// <summary>It refused for too many requests. Problem type <c>upstream-rate-limited</c>.</summary>
    RateLimited,

    /// <summary>It says that the request itself is wrong: sending it again helps nobody. Problem type <c>upstream-refused</c>.</summary>
    Refused,

    /// <summary>It says that the conversation is longer than the model can take. Problem type <c>context-too-long</c>.</summary>
    ContextTooLong,

    /// <summary>What it sent is not the protocol it should speak. Problem type <c>upstream-protocol</c>.</summary>
    Protocol,

    /// <summary>The connection broke after the answer had begun: the text so far stands, the answer is cut short.</summary>
    Interrupted,
}

/// <summary>A failure of a provider. The message is written for the person who reads it: what happened and what to do. It holds no key.</summary>
public sealed class ProviderException : Exception
{
    public ProviderException()
        : this(ProviderFault.Error, "The provider failed.")
    {
    }

    public ProviderException(string message)
        : this(ProviderFault.Error, message)
    {
    }

    public ProviderException(string message, Exception innerException)
        : this(ProviderFault.Error, message, innerException)
    {
    }

    public ProviderException(ProviderFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    /// <summary>What the failure means to the run.</summary>
    public ProviderFault Fault { get; }

    /// <summary>The HTTP status the provider answered with, where there was one.</summary>
    public int? Status { get; init; }

    /// <summary>How long the provider asked to wait, where it did.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
