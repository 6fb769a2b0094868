using System.Text.Json.Serialization;

namespace ChatApp.Api.OpenAI;

/// <summary>An error in OpenAI's shape: <c>{"error":{"message","type","param","code"}}</c>, with the same status as the problem it stands for.</summary>
internal sealed class OpenAIError(Problem problem) : IResult
{
    /// <summary>Which parameter is wrong, where one is.</summary>
    public string? Param { get; init; }

    /// <summary>OpenAI's own code, where its clients know one; else the problem's slug with underscores.</summary>
    public string? Code { get; init; }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        problem.SetHeaders(httpContext.Response);
        return httpContext.Response.WriteAsJsonAsync(ToBody(), httpContext.RequestAborted);
    }

    /// <summary>The object as it stands in the body, and in the stream.</summary>
    public ErrorBody ToBody() => new(new ErrorDetail(problem.Detail, TypeOf(problem.Status), Param, Code ?? CodeOf(problem.Slug)));

    private static string TypeOf(int status) => status switch
    {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        < 500 => "invalid_request_error",
        _ => "server_error",
    };

    // What OpenAI's own clients and gateways compare with.
    private static string CodeOf(string slug) => slug switch
    {
        "unknown-model" => "model_not_found",
        "context-too-long" => "context_length_exceeded",
        "unauthenticated" => "invalid_api_key",
        "rate-limited" or "upstream-rate-limited" => "rate_limit_exceeded",
        _ => slug.Replace('-', '_'),
    };
}

/// <param name="Error">The error.</param>
internal sealed record ErrorBody(ErrorDetail Error);

/// <param name="Message">What happened and what to do.</param>
/// <param name="Type">The kind of error.</param>
/// <param name="Param">The parameter that is wrong; written as null where there is none, as OpenAI does.</param>
/// <param name="Code">A stable code.</param>
internal sealed record ErrorDetail(
    string Message,
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Code);
