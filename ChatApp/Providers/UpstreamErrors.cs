using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ChatApp.Providers;

/// <summary>Words for what goes wrong between us and a provider: what happened, where, and what to do. Nothing here holds a key.</summary>
internal static class UpstreamErrors
{
    private const int MaxBody = 64 * 1024;

    private static string Address(UpstreamTarget target) => target.Endpoint.GetLeftPart(UriPartial.Path);

    internal static ProviderException Protocol(UpstreamTarget target, string what, Exception? inner = null) =>
        new(ProviderFault.Protocol, $"{target.Name} ({Address(target)}) {what}, so its answer can't be read.", inner);

    internal static ProviderException Interrupted(UpstreamTarget target, Exception? inner) =>
        new(ProviderFault.Interrupted, $"The connection to {target.Name} broke before its answer was complete.", inner);

    internal static ProviderException Unreachable(UpstreamTarget target, Exception inner) => new(ProviderFault.Error, inner switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } =>
            $"{target.Name} can't be reached: nobody knows the host {target.Endpoint.Host}. Check the endpoint.",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
            $"{target.Name} can't be reached: no secure connection to {Address(target)}. Check its certificate, or whether it speaks https at all.",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } =>
            $"{target.Name} can't be reached at {Address(target)}. Check that it is running and that the endpoint is right.",
        HttpRequestException => $"{target.Name} ({Address(target)}) closed the connection without an answer.",
        _ => $"{target.Name} can't be reached: {Address(target)} did not answer within 5 s. Check the endpoint and the network.",
    }, inner);

    internal static async Task<ProviderException> FromResponseAsync(UpstreamTarget target, HttpResponseMessage response, TimeProvider time, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        if (status is >= 300 and < 400)
        {
            var to = response.Headers.Location is { IsAbsoluteUri: true } location ? $" to {location.Host}" : "";
            return new(ProviderFault.Error, $"{target.Name} ({Address(target)}) redirects{to} ({status}). "
                + "Redirects aren't followed, so that the key goes nowhere else: set the endpoint to the final address.")
            { Status = status };
        }

        var said = UpstreamErrorText.FromBody(await ReadBodyAsync(response.Content, cancellationToken), target.ApiKey);
        return FromStatus(target, status, said, RetryAfter(response, time));
    }

    internal static ProviderException FromStatus(UpstreamTarget target, int? status, string? said, TimeSpan? retryAfter = null)
    {
        var wait = retryAfter is { } after ? string.Create(CultureInfo.InvariantCulture, $" Retry in {Math.Ceiling(after.TotalSeconds)} s.") : "";
        var quote = said is null ? "" : $" It says: {said}";
        var fault = status switch
        {
            429 => ProviderFault.RateLimited,
            400 or 413 or 422 when IsAboutLength(said) => ProviderFault.ContextTooLong,
            400 or 413 or 422 => ProviderFault.Refused,
            _ => ProviderFault.Error,
        };
        var message = status switch
        {
            _ when fault == ProviderFault.ContextTooLong => $"The conversation is longer than the model can take ({status}). Start a new one, or send less.{quote}",
            401 or 403 => $"{target.Name} refused the key ({status}). Check {target.KeySetting}, then retry.{quote}",
            404 => $"{target.Name} ({Address(target)}) knows no such model or address (404). Check the model's name and the endpoint.{quote}",
            429 => $"{target.Name} refuses for now: too many requests, or its quota is used up (429).{wait}{quote}",
            >= 500 => $"{target.Name} has a problem of its own ({status}). Retry in a moment.{quote}",
            null => $"{target.Name} reported an error.{quote}",
            _ => $"{target.Name} refused the request ({status}).{quote}",
        };
        return new(fault, message) { Status = status, RetryAfter = retryAfter };
    }

    // This model's maximum context length is 8192 tokens. (OpenAI, vLLM)   prompt is too long: 210000 tokens > 200000 maximum (Anthropic)
    // the request exceeds the available context size (llama.cpp)
    private static bool IsAboutLength(string? said) =>
        said is not null && Array.Exists((string[])["maximum context length", "prompt is too long", "context size", "context_length_exceeded", "context window"], sign => said.Contains(sign, StringComparison.OrdinalIgnoreCase));

    internal static async Task<ProviderException> NotAStreamAsync(UpstreamTarget target, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var type = response.Content.Headers.ContentType?.MediaType ?? "";
        var body = await ReadBodyAsync(response.Content, cancellationToken);
        var what = UpstreamErrorText.IsHtml(body) || type.Contains("html", StringComparison.OrdinalIgnoreCase)
            ? "a web page"
            : type.Length > 0 ? type : "something without a content type";
        var said = UpstreamErrorText.FromBody(body, target.ApiKey) is { } text ? $" It says: {text}" : "";
        return new(ProviderFault.Protocol, $"{Address(target)} answered with {what} instead of a stream. "
            + $"Check the endpoint of {target.Name}; OpenAI-compatible ones usually end in /v1.{said}");
    }

    /// <summary>What an error object inside a stream says: <c>{"message":"Overloaded","type":"overloaded_error","code":529}</c>, or just a text.</summary>
    internal static ProviderException FromErrorElement(UpstreamTarget target, JsonElement error)
    {
        return FromStatus(target, StatusOf(error), UpstreamErrorText.FromElement(error, target.ApiKey));
    }

    private static int? StatusOf(JsonElement error)
    {
        // "code": 429   "code": "429"   "code": "rate_limit_exceeded"
        var code = JsonText.Find(error, "code")?.GetRawText().Trim('"');
        if (int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 400 and < 600)
        {
            return status;
        }

        return JsonText.Read(error, "type") switch
        {
            "rate_limit_error" or "rate_limit_exceeded" => 429,
            "overloaded_error" => 529,
            "api_error" or "server_error" => 500,
            "authentication_error" => 401,
            "invalid_request_error" => 400,
            _ => null,
        };
    }

    // Retry-After: 2   or   Retry-After: Sat, 21 Nov 2026 04:30:00 GMT. What has passed or makes no sense is as good as absent.
    private static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider time)
    {
        var header = response.Headers.RetryAfter;
        var wait = header?.Delta ?? (header?.Date - (response.Headers.Date ?? time.GetUtcNow()));
        return wait > TimeSpan.Zero ? wait : null;
    }

    private static async Task<string> ReadBodyAsync(HttpContent content, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = await content.ReadAsStreamAsync(cancellationToken);
            var buffer = new byte[MaxBody];
            var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            return Encoding.UTF8.GetString(buffer, 0, length);
        }
        catch (IOException)
        {
            // The status says enough; the body was only to say it better.
            return "";
        }
    }
}
