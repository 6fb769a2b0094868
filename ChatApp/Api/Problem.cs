using System.Text.Json.Serialization;
using ChatApp.Conversations;
using ChatApp.Providers;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Tools;

namespace ChatApp.Api;

/// <summary>An error before anything was streamed: RFC 9457 problem details with a stable type. docs/streaming-api.md lists the types.</summary>
internal sealed class Problem(string slug, string title, int status, string detail) : IResult
{
    private const string TypePrefix = "urn:chatapp:problem:";

    /// <summary>Further members of the body, such as the <c>run</c> that keeps a conversation busy.</summary>
    public IDictionary<string, object>? Extensions { get; init; }

    /// <summary>The methods the address takes.</summary>
    public string? Allow { get; init; }

    /// <summary>How long to wait before trying again.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>The last part of its type.</summary>
    public string Slug => slug;

    /// <summary>What kind of problem it is, for people.</summary>
    public string Title => title;

    /// <summary>The HTTP status it is answered with.</summary>
    public int Status => status;

    /// <summary>What happened and what to do, for people.</summary>
    public string Detail => detail;

    public static Problem NotFound { get; } = new("not-found", "Not found", StatusCodes.Status404NotFound, "There is nothing here by that id, or no longer.");

    public static Problem InvalidCursor { get; } =
        new("invalid-cursor", "The cursor is not valid", StatusCodes.Status400BadRequest, "Last-Event-ID is the id of an event, RUN:SEQ; after is its number.");

    public static Problem CrossSite { get; } = new(
        "cross-site-request", "Cross-site requests are refused", StatusCodes.Status403Forbidden, "This may be asked by programs and by pages of this site only.");

    public static Problem Unauthenticated { get; } = new(
        "unauthenticated", "An API key is needed", StatusCodes.Status401Unauthorized, "Send a valid API key, as Authorization: Bearer KEY or as x-api-key: KEY.");

    public static Problem ConflictingCredentials { get; } = new(
        "conflicting-credentials", "Two credentials differ", StatusCodes.Status400BadRequest, "The request has two credentials that differ. Send one, or the same in both places.");

    public static Problem UnsupportedMediaType { get; } = new(
        "unsupported-media-type", "Unsupported media type", StatusCodes.Status415UnsupportedMediaType, "Send Content-Type: application/json, UTF-8, not compressed.");

    public static Problem BodyTooLarge { get; } = new(
        "body-too-large", "The body is too large", StatusCodes.Status413PayloadTooLarge, "A request may have 1 MB. Send fewer or shorter messages.");

    public static Problem FileTooLarge(int most) =>
        new("body-too-large", "The body is too large", StatusCodes.Status413PayloadTooLarge, $"A file may have {most / (1024 * 1024)} MB here.");

    public static Problem NotAcceptable(string contentType) =>
        new("not-acceptable", "Not acceptable", StatusCodes.Status406NotAcceptable, $"This is sent as {contentType}. Name it in Accept, or leave Accept out.");

    public static Problem MethodNotAllowed(string allow) =>
        new("method-not-allowed", "Method not allowed", StatusCodes.Status405MethodNotAllowed, $"This address takes {allow}.") { Allow = allow };

    public static Problem InvalidJson(string detail) => new("invalid-json", "The body is not valid JSON", StatusCodes.Status400BadRequest, detail);

    public static Problem Validation(string property, string detail) => new("validation", "The request is not valid", StatusCodes.Status400BadRequest, detail)
    {
        Extensions = new Dictionary<string, object> { ["errors"] = new Dictionary<string, string[]> { [property] = [detail] } },
    };

    /// <summary>Several values that are wrong, the first ones of them if there are more.</summary>
    public static Problem Validation(IReadOnlyList<(string Property, string Detail)> errors) => errors is [var (property, detail)]
        ? Validation(property, detail)
        : new("validation", "The request is not valid", StatusCodes.Status400BadRequest, $"{errors.Count} values are not valid. {errors[0].Property}: {errors[0].Detail}")
        {
            Extensions = new Dictionary<string, object>
            {
                ["errors"] = errors.GroupBy(error => error.Property, error => error.Detail, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal),
            },
        };

    /// <summary>What ended a run, as the answer to a request.</summary>
    public static Problem From(RunProblem problem) => new(problem.Type, problem.Title, problem.Status, problem.Detail)
    {
        RetryAfterSeconds = problem.RetryAfter is { } seconds ? (int)Math.Ceiling(seconds) : null,
    };

    /// <summary>The problem behind an exception of the send path; null for one that is no answer to the caller.</summary>
    public static Problem? From(Exception exception) => exception switch
    {
        UnknownConversationException => NotFound,
        UnknownModelException => new("unknown-model", "There is no such model", StatusCodes.Status400BadRequest, exception.Message),
        UnknownToolException => Validation("tools", exception.Message),
        ProviderUnavailableException => new("provider-unavailable", "The provider can't be used now", StatusCodes.Status409Conflict, exception.Message),
        IdempotencyMismatchException => new("idempotency-mismatch", "The key was used for another request", StatusCodes.Status422UnprocessableEntity, exception.Message),
        ConversationBusyException busy => new("conversation-busy", "The conversation is busy", StatusCodes.Status409Conflict, exception.Message)
        {
            Extensions = new Dictionary<string, object> { ["run"] = $"/api/runs/{busy.RunId}" },
        },
        ShuttingDownException => new("shutting-down", "The server is shutting down", StatusCodes.Status503ServiceUnavailable, exception.Message) { RetryAfterSeconds = 2 },
        OverLimitException over => From(RunProblem.From(over)),
        KeyRemovedException => Unauthenticated,
        UnknownMessageException => new("not-found", "Not found", StatusCodes.Status404NotFound, exception.Message),
        _ => RunProblem.FromStorage(exception) is { } problem ? From(problem) : null,
    };

    public Task ExecuteAsync(HttpContext httpContext)
    {
        SetHeaders(httpContext.Response);
        return httpContext.Response.WriteAsJsonAsync(
            new Body(TypePrefix + slug, title, status, detail, httpContext.TraceIdentifier) { Extensions = Extensions },
            options: null,
            "application/problem+json",
            httpContext.RequestAborted);
    }

    /// <summary>Sets the status and the headers that go with it, whatever the body looks like.</summary>
    public void SetHeaders(HttpResponse response)
    {
        response.StatusCode = status;
        if (RetryAfterSeconds is { } seconds)
        {
            response.Headers.RetryAfter = $"{seconds}";
        }

        if (Allow is not null)
        {
            response.Headers.Allow = Allow;
        }
    }

    /// <summary>The problem object as it also stands in an <c>error</c> event.</summary>
    internal static string TypeOf(string slug) => TypePrefix + slug;

    private sealed record Body(string Type, string Title, int Status, string Detail, string TraceId)
    {
        [JsonExtensionData]
        public IDictionary<string, object>? Extensions { get; init; }
    }
}
