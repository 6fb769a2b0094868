using System.Security.Cryptography;
using ChatApp.Runs;
using ChatApp.Security;

namespace ChatApp.Api;

/// <summary>The header <c>Idempotency-Key</c>, which every way to start a run takes: a repeated request attaches to the run of the first.</summary>
internal static class Idempotency
{
    private const int MaxLength = 128;

    /// <summary>The header's name.</summary>
    public const string Header = "Idempotency-Key";

    /// <summary>The request's key; null where it has none, or the problem with it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="body">Its body: the same key with another one is refused.</param>
    public static (IdempotencyKey? Key, Problem? Problem) Read(HttpRequest request, ReadOnlySpan<byte> body) => ReadText(request) is { } key
        ? Make(key, request.HttpContext.GetCaller(), Fingerprint(body, request.Path))
        : (null, null);

    /// <summary>What the header says; null where there is none. A header that stands twice says nothing that is a key.</summary>
    public static string? ReadText(HttpRequest request) => !request.Headers.TryGetValue(Header, out var header) ? null : header.Count == 1 ? header.ToString() : "";

    /// <summary>Equal for the same body sent to the same address.</summary>
    public static string Fingerprint(ReadOnlySpan<byte> body, string address) => Convert.ToHexString(SHA256.HashData(body)) + address;

    /// <summary>A key that came by another way than the header.</summary>
    public static (IdempotencyKey? Key, Problem? Problem) Make(string key, Caller caller, string fingerprint) => key.Length is > 0 and <= MaxLength && key.All(character => character is > ' ' and < (char)127)
        // Callers choose their keys without knowing of each other.
        ? (new IdempotencyKey($"{caller.Name}\n{key}", fingerprint), null)
        : (null, new Problem("invalid-idempotency-key", "The Idempotency-Key is not valid", StatusCodes.Status400BadRequest, $"An Idempotency-Key has 1 to {MaxLength} visible characters."));
}
