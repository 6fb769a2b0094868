using System.Text.Json;

namespace ChatApp.Providers.Scripted;

/// <summary>What a <c>scripted</c> model was told to play. The defaults are those of <c>scripted/demo</c>.</summary>
internal sealed record Script
{
    public TimeSpan FirstToken { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Tokens a second; 0: as fast as they are read.</summary>
    public double Rate { get; init; } = 80;

    public int Tokens { get; init; } = 500;

    public int Seed { get; init; } = 7;

    public int Reasoning { get; init; }

    public int Tools { get; init; }

    /// <summary>How often it calls before it answers.</summary>
    public int? Rounds { get; init; }

    /// <summary>The tool it calls, with these arguments; null for clock and calculator in turn.</summary>
    public (string Name, JsonElement Arguments)? Call { get; init; }

    /// <summary>Whether the arguments of its calls are no JSON.</summary>
    public bool HasBadArguments { get; init; }

    /// <summary>How many calls a round has.</summary>
    public int Calls => Tools == 0 && (Call is not null || Rounds > 0 || HasBadArguments) ? 1 : Tools;

    public bool Markdown { get; init; }

    public string? Text { get; init; }

    public (TimeSpan Pause, int After)? Stall { get; init; }

    public (int Status, int After)? Error { get; init; }

    public int? Status { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    public int? CloseAfter { get; init; }

    public int? MalformedAfter { get; init; }

    /// <summary>When the token number <paramref name="sent"/> (from 0, reasoning included) is due, from the request on.</summary>
    public TimeSpan Due(int sent)
    {
        var due = FirstToken;
        if (Rate > 0)
        {
            due += TimeSpan.FromTicks((long)(sent * (TimeSpan.TicksPerSecond / Rate)));
        }

        return Stall is { } stall && sent - Reasoning >= stall.After ? due + stall.Pause : due;
    }

    /// <summary>The text's tokens, without the reasoning.</summary>
    public IEnumerable<string> Answer() => Text is not null
        ? Tokenizer.Split(Text)
        : (Markdown ? MarkdownDocument.Write(Seed).SelectMany(Tokenizer.Split) : Prose.Write(Seed)).Take(Tokens);

    /// <summary>Throws where the request is refused instead of answered.</summary>
    public void ThrowIfRefused()
    {
        if (Status is { } status)
        {
            throw new ProviderException(
                status == 429 ? ProviderFault.RateLimited : ProviderFault.Error,
                $"The scripted model refused the request with status {status}, as its name says (status={status}). Pick another model, or Retry to see it again.")
            {
                Status = status,
                RetryAfter = RetryAfter,
            };
        }
    }

    /// <summary>Throws where the answer breaks off after <paramref name="answered"/> tokens.</summary>
    public void ThrowIfBroken(int answered)
    {
        if (Error is { } error && error.After == answered)
        {
            throw new ProviderException(
                $"The scripted model failed with status {error.Status} after token {answered}, as its name says (error={error.Status}@{answered}).")
            {
                Status = error.Status,
            };
        }

        if (MalformedAfter == answered)
        {
            throw new ProviderException(
                ProviderFault.Protocol,
                $"The scripted model sent something unreadable after token {answered}, as its name says (malformed@{answered}).");
        }
    }
}
