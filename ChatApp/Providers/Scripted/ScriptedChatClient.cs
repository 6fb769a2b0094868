using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers.Scripted;

/// <summary>Plays a <see cref="Script"/>: the same tokens at the same moments, every time.</summary>
internal sealed class ScriptedChatClient(string model, Script script, TimeProvider time) : IChatClient
{
    // Without a rate nothing ever waits; the thread is handed back now and then all the same.
    private const int Burst = 128;

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
        var round = Rounds(history);
        var calls = script.Calls > 0 && round < (script.Rounds ?? 1) ? ScriptedCalls.Make(script, round) : [];

        await Task.Yield();
        timings?.OnConnected();
        script.ThrowIfRefused();
        await pace.UntilAsync(script.FirstToken, cancellationToken);
        timings?.OnFirstByte();

        var limit = options?.MaxOutputTokens ?? int.MaxValue;
        var finish = calls.Length > 0 ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop;
        var sent = 0;
        using var contents = Contents(calls).GetEnumerator();
        for (; ; sent++)
        {
            var answered = sent - script.Reasoning;
            script.ThrowIfBroken(answered);
            if (script.CloseAfter == answered)
            {
                yield break;
            }

            if (!contents.MoveNext())
            {
                break;
            }

            if (sent == limit)
            {
                finish = ChatFinishReason.Length;
                break;
            }

            if (sent % Burst == Burst - 1)
            {
                await Task.Yield();
            }

            await pace.UntilAsync(script.Due(sent), cancellationToken);
            yield return Update(contents.Current);
        }

        if (finish == ChatFinishReason.ToolCalls)
        {
            yield return Update(calls);
        }

        var last = Update(new UsageContent(Usage(history, sent)));
        last.FinishReason = finish;
        yield return last;
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata(ScriptedProviderKind.Name, null, model)
        : serviceType.IsInstanceOfType(this) ? this
        : null;

    public void Dispose()
    {
        // Holds nothing.
    }

    // How many rounds of calls stand behind the last question: none where something else came after their results.
    private static int Rounds(IReadOnlyList<ChatMessage> messages) =>
        messages.Count == 0 || !messages[^1].Contents.OfType<FunctionResultContent>().Any() ? 0
        : Math.Max(1, messages.Reverse().TakeWhile(message => message.Role != ChatRole.User).Count(message => message.Contents.OfType<FunctionCallContent>().Any()));

    private IEnumerable<AIContent> Contents(FunctionCallContent[] calls)
    {
        // Another seed than the answer's, or the model would think exactly what it then says.
        foreach (var token in Prose.Write(~script.Seed).Take(script.Reasoning))
        {
            yield return new TextReasoningContent(token);
        }

        if (calls.Length > 0)
        {
            foreach (var fragment in ScriptedCalls.Fragments(calls))
            {
                yield return fragment;
            }

            yield break;
        }

        foreach (var token in script.Answer())
        {
            yield return new TextContent(token);
        }
    }

    private UsageDetails Usage(IReadOnlyList<ChatMessage> messages, int sent)
    {
        var input = (messages.Sum(message => message.Text.Length) + 3) / 4;
        return new UsageDetails
        {
            InputTokenCount = input,
            OutputTokenCount = sent,
            TotalTokenCount = input + sent,
            ReasoningTokenCount = script.Reasoning > 0 ? Math.Min(sent, script.Reasoning) : null,
        };
    }

    private ChatResponseUpdate Update(params AIContent[] contents) => new(ChatRole.Assistant, contents) { ModelId = model };
}
