using ChatApp.Runs;

namespace ChatApp.Api.OpenAI;

/// <summary>Makes OpenAI's errors of our problems.</summary>
internal static class OpenAIErrors
{
    /// <summary>What ended a run.</summary>
    public static OpenAIError Of(RunProblem problem) => new(Problem.From(problem));

    /// <summary>A problem before a run was started.</summary>
    public static OpenAIError Of(Problem problem) => problem.Slug switch
    {
        // OpenAI says 404 for it, and clients tell it by that.
        "unknown-model" => new(new Problem(problem.Slug, "There is no such model", StatusCodes.Status404NotFound, problem.Detail)) { Param = "model" },
        "validation" => new(problem) { Param = Property(problem), Code = "invalid_value" },
        _ => new(problem),
    };

    /// <summary>A parameter that is wrong.</summary>
    public static OpenAIError Of(InvalidParameterException exception) =>
        new(Problem.Validation(exception.Param, exception.Message)) { Param = exception.Param, Code = exception.Code };

    private static string? Property(Problem problem) =>
        problem.Extensions?["errors"] is Dictionary<string, string[]> errors && errors.Keys.FirstOrDefault() is { Length: > 0 } property ? property : null;
}

/// <summary>A parameter of a request is wrong.</summary>
/// <param name="param">Its path, such as <c>messages[0].role</c>.</param>
/// <param name="code">OpenAI's code for what is wrong with it.</param>
/// <param name="message">What is wrong and what to send instead.</param>
internal sealed class InvalidParameterException(string param, string code, string message) : Exception(message)
{
    /// <summary>Its path, such as <c>messages[0].role</c>.</summary>
    public string Param => param;

    /// <summary>OpenAI's code for what is wrong with it.</summary>
    public string Code => code;
}
