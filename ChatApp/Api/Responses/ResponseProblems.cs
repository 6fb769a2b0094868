using ChatApp.Api.OpenAI;

namespace ChatApp.Api.Responses;

/// <summary>What can be wrong with a request, in OpenAI's shape.</summary>
internal static class ResponseProblems
{
    public static OpenAIError NotFound { get; } = new(new Problem(
        "response-not-found", "Not found", StatusCodes.Status404NotFound, "There is no response of that id, or no longer: a response is kept for a while after its end, unless store is false."));

    public static OpenAIError PostOnly { get; } = new(Problem.PostOnly);

    public static OpenAIError CrossSite { get; } = new(Problem.CrossSite);

    /// <summary>A value that can't be.</summary>
    public static OpenAIError Invalid(string param, string detail) => new(Problem.Validation(param, detail)) { Param = param, Code = "invalid_value" };

    /// <summary>A value that OpenAI may take and this server does not.</summary>
    public static OpenAIError Unsupported(string param, string detail) => new(Problem.Validation(param, detail)) { Param = param, Code = "unsupported_parameter" };

    /// <summary>A problem of the shared code, with the parameter it is about.</summary>
    public static OpenAIError From(Problem problem) => problem switch
    {
        { Slug: "validation", Extensions: { } extensions } when extensions["errors"] is Dictionary<string, string[]> errors =>
            new(problem) { Param = errors.Keys.Single() is { Length: > 0 } property ? property : null, Code = "invalid_value" },
        { Slug: "unknown-model" } => new(problem) { Param = "model" },
        _ => new(problem),
    };
}
