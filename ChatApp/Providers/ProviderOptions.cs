namespace ChatApp.Providers;

/// <summary>One entry of <c>ChatApp:Providers</c>.</summary>
public sealed class ProviderOptions
{
    /// <summary>The kind of provider: <c>openai</c>, <c>anthropic</c>, <c>guide</c> or <c>scripted</c>; in a build that has it <c>semantic-kernel</c>. May be left out where the name says it.</summary>
    public string Kind { get; set; } = "";

    /// <summary>The base address of the API, for <c>openai</c> including the version (<c>http://127.0.0.1:11434/v1</c>). Absent: the kind's public address.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>The key sent to the endpoint. Never shown or logged.</summary>
    public string? ApiKey { get; set; }

    /// <summary>The models to offer. <c>*</c> allows any and lists those the endpoint names. None named: <c>*</c>.</summary>
    public IList<string> Models { get; } = [];

    /// <summary>The names of the tools that its models use where nobody names others: none of them for an empty list, the default ones for null.</summary>
    public IReadOnlyList<string>? Tools { get; set; }

    /// <summary>False takes the provider away, also a built-in or detected one.</summary>
    public bool Enabled { get; set; } = true;
}
