using System.Security.Cryptography;
using ChatApp.Runs;
using ChatApp.Security;

namespace ChatApp.Api;

/// <summary>The header <c>Idempotency-Key</c>, which every way to start a run takes: a repeated request attaches to the run of the first.</summary>
internal static class Idempotency
{
    private const int MaxLength = 128;

    /// <summary>The request's key; null where it has none, or the problem with it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="body">Its body: the same key with another one is refused.</param>
    public static (IdempotencyKey? Key, Problem? Problem) Read(HttpRequest request, ReadOnlySpan<byte> body) =>
        request.Headers.TryGetValue("Idempotency-Key", out var header)
            ? Make(header.ToString(), request.HttpContext.GetCaller(), Convert.ToHexString(SHA256.HashData(body)) + request.Path)
            : (null, null);

    /// <summary>A key that came by another way than the header.</summary>
    public static (IdempotencyKey? Key, Problem? Problem) Make(string key, Caller caller, string fingerprint) => key.Length is > 0 and <= MaxLength && key.All(character => character is > ' ' and < (char)127)
        // Callers choose their keys without knowing of each other.
        ? (new IdempotencyKey($"{caller.Name}\n{key}", fingerprint), null)
        : (null, new Problem("invalid-idempotency-key", "The Idempotency-Key is not valid", StatusCodes.Status400BadRequest, $"An Idempotency-Key has 1 to {MaxLength} visible characters."));
}
