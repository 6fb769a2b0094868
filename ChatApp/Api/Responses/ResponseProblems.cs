using ChatApp.Api.OpenAI;

namespace ChatApp.Api.Responses;

/// <summary>What can be wrong with a request, in OpenAI's shape.</summary>
internal static class ResponseProblems
{
    public static OpenAIError NotFound { get; } = new(new Problem(
        "response-not-found", "Not found", StatusCodes.Status404NotFound, "There is no response of that id, or no longer: a response is kept for a while after its end, unless store is false."));

    /// <summary>A value that can't be.</summary>
    public static OpenAIError Invalid(string param, string detail) => new(Problem.Validation(param, detail)) { Param = param, Code = "invalid_value" };

    /// <summary>A value that OpenAI may take and this server does not.</summary>
    public static OpenAIError Unsupported(string param, string detail) => new(Problem.Validation(param, detail)) { Param = param, Code = "unsupported_parameter" };
}
