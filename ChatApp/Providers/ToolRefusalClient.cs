using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>
/// Lets a model that takes no tools answer all the same: where it refuses a request because of them, it is asked again without, and from then on
/// without at once. Not where the request demands that one is called.
/// </summary>
/// <param name="inner">The client to ask.</param>
/// <param name="provider">The provider's name: all that a log may hold.</param>
/// <param name="model">The model's name there.</param>
/// <param name="known">The models that have refused.</param>
/// <param name="logger">Told once of each.</param>
internal sealed partial class ToolRefusalClient(IChatClient inner, string provider, string model, ToollessModels known, ILogger logger) : DelegatingChatClient(inner)
{
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToWholeResponseAsync(cancellationToken);

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var asked = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        var mayLeaveOut = options is { Tools.Count: > 0, ToolMode: not RequiredChatToolMode };
        if (mayLeaveOut && known.Contains(provider, model))
        {
            (options, mayLeaveOut) = (Without(options!), false);
        }

        var begun = false;
        await using (var updates = base.GetStreamingResponseAsync(asked, options, cancellationToken).GetAsyncEnumerator(cancellationToken))
        {
            while (true)
            {
                try
                {
                    if (!await updates.MoveNextAsync())
                    {
                        yield break;
                    }
                }
                catch (ProviderException e) when (mayLeaveOut && !begun && IsAboutTools(e))
                {
                    break;
                }

                begun |= updates.Current.Contents.Count > 0;
                yield return updates.Current;
            }
        }

        yield return new ChatResponseUpdate(ChatRole.Assistant, [new ThinkingContent("This model takes no tools: it is asked without them")]);
        await foreach (var update in base.GetStreamingResponseAsync(asked, Without(options!), cancellationToken))
        {
            // Only now is it known that the tools were to blame: a refusal may repeat words of the question.
            if (known.Add(provider, model))
            {
                Log.TakesNoTools(logger, provider);
            }

            yield return update;
        }
    }

    private static ChatOptions Without(ChatOptions options)
    {
        options = options.Clone();
        (options.Tools, options.ToolMode, options.AllowMultipleToolCalls) = (null, null, null);
        return options;
    }

    private static bool IsAboutTools(ProviderException refusal) => refusal.Status is 400 or 404 or 422 or 500 or 501 && Refusal().IsMatch(refusal.Message);

    // registry.ollama.ai/library/gemma:2b does not support tools (Ollama)   No endpoints found that support tool use (OpenRouter)
    // "auto" tool choice requires --enable-auto-tool-choice and … (vLLM)   tools param requires --jinja flag (llama.cpp)
    // `tool calling` is not supported with this model (Groq)   deepseek-reasoner does not support Function Calling   Function calling is not enabled for this model
    // tools is not supported in this model (OpenAI). Not: a schema of one of the tools is wrong.
    [GeneratedRegex(
        @"(does not|doesn['’]t|do not|don['’]t|cannot|can['’]t) (currently )?(support|accept|handle|use) (the use of )?(native )?['""`]?(tools?( (use|calling|calls?))?|function[ _-]?call(s|ing)?|functions)\b(?!['""`]?[.\[\w])"
        + @"|(?<![\w.])['""`]?(tools?( (use|calling|calls?))?|function[ _-]?call(s|ing)?|functions)['""`]? (is|are)( not|n['’]t) (currently )?(supported|enabled|available|allowed)"
        + @"|no endpoints found that support tool use|tools? (param(eter)? )?requires? --jinja|tool choice requires --enable-auto-tool-choice"
        + @"|(unsupported|unknown|unrecognized) (parameter|argument|field)s?( supplied)?:? ['""`]?tools['""`]?(?![.\[\w])",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 250)]
    private static partial Regex Refusal();

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "{Provider}: a model takes no tools and is asked without them from now on")]
        public static partial void TakesNoTools(ILogger logger, string provider);
    }
}

/// <summary>The models that have refused tools since the start.</summary>
internal sealed class ToollessModels
{
    // Ids come from requests where a provider allows any.
    private const int Most = 1000;

    private readonly ConcurrentDictionary<(string Provider, string Model), bool> _models = new();

    public bool Contains(string provider, string model) => _models.ContainsKey((provider, model));

    /// <returns>Whether it was not known before.</returns>
    public bool Add(string provider, string model) => _models.Count < Most && _models.TryAdd((provider, model), true);
}
