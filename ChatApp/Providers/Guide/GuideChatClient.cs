using System.Globalization;
using System.Runtime.CompilerServices;
using ChatApp.Providers.Scripted;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers.Guide;

/// <summary>Says the guide's answers at the pace of a model: the same words at the same moments for the same seed.</summary>
internal sealed class GuideChatClient(TimeProvider time) : IChatClient
{
    private const double TokensPerSecond = 60;

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var timings = UpstreamTimings.Current;
        var pace = new Pace(time);
        var history = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        var random = new Random(unchecked((int)(options?.Seed ?? 0) + history.Count));
        var due = TimeSpan.FromMilliseconds(random.Next(200, 401));

        await Task.Yield();
        timings?.OnConnected();
        var answer = Answer(history, options);
        var calls = answer.Tasks.Select((task, index) => task.ToCall(string.Create(CultureInfo.InvariantCulture, $"call_{history.Count}_{index + 1}"))).ToArray();
        yield return Update(new ThinkingContent(calls.Length > 0 ? "Asking for what I don't know myself" : "Looking in ChatApp's documentation"));
        await pace.UntilAsync(due, cancellationToken);
        timings?.OnFirstByte();

        var limit = options?.MaxOutputTokens ?? int.MaxValue;
        var finish = calls.Length > 0 ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop;
        var (sent, reasoned) = (0, 0);
        foreach (var content in calls.Length > 0 ? ScriptedCalls.Fragments(calls) : Contents(answer))
        {
            if (sent == limit)
            {
                finish = ChatFinishReason.Length;
                break;
            }

            await pace.UntilAsync(due, cancellationToken);
            sent++;
            reasoned += content is TextReasoningContent ? 1 : 0;
            yield return Update(content);
            due += TimeSpan.FromSeconds((0.6 + (0.8 * random.NextDouble())) / TokensPerSecond);
        }

        if (finish == ChatFinishReason.Stop && answer.Sources.Count > 0)
        {
            yield return Update(new TextContent("") { Annotations = [.. answer.Sources.Select(Citation)] });
        }

        if (finish == ChatFinishReason.ToolCalls)
        {
            yield return Update([.. calls]);
        }

        var input = (history.Sum(message => message.Text.Length) + 3) / 4;
        var last = Update(new UsageContent(new UsageDetails
        {
            InputTokenCount = input,
            OutputTokenCount = sent,
            TotalTokenCount = input + sent,
            ReasoningTokenCount = reasoned > 0 ? reasoned : null,
        }));
        last.FinishReason = finish;
        yield return last;
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata(GuideProviderKind.Name, null, GuideProviderKind.Name)
        : serviceType.IsInstanceOfType(this) ? this
        : null;

    public void Dispose()
    {
        // Holds nothing.
    }

    private static GuideAnswer Answer(IReadOnlyList<ChatMessage> history, ChatOptions? options)
    {
        var asked = history.Where(message => message.Role == ChatRole.User).Select(message => message.Text).ToList();
        var results = GuideResults.Read(history);
        // What it has called for the sake of this question is no answer yet.
        var isFirst = !history.Reverse().SkipWhile(message => results.Count > 0 && message.Role != ChatRole.User).Any(message => message.Role == ChatRole.Assistant);
        var tools = options?.ToolMode is NoneChatToolMode ? [] : (options?.Tools ?? []).Select(tool => tool.Name).ToHashSet(StringComparer.Ordinal);
        return GuideMind.Answer(asked.LastOrDefault() ?? "", asked.Count > 1 ? asked[^2] : null, isFirst, results, tools);
    }

    private static IEnumerable<AIContent> Contents(GuideAnswer answer) =>
        Tokenizer.Split(answer.Reasoning ?? "").Select(AIContent (token) => new TextReasoningContent(token))
            .Concat(Tokenizer.Split(answer.Text).Select(token => new TextContent(token)));

    private static CitationAnnotation Citation(GuideSection source) => new() { Title = source.Title, Url = source.Url };

    private static ChatResponseUpdate Update(params AIContent[] contents) => new(ChatRole.Assistant, contents) { ModelId = GuideProviderKind.Name };
}
