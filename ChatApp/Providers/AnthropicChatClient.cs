using System.Runtime.CompilerServices;
using System.Text.Json;
using Anthropic.Exceptions;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>
/// The Anthropic package's own adapter, with what it hides: fragments of tool calls, and the end. It repeats the finish reason from
/// <c>message_delta</c> on, though only <c>message_stop</c> is the end, and gives a tool call before the model has said that it wants one made.
/// </summary>
internal sealed class AnthropicChatClient(UpstreamTarget target, IChatClient inner, TimeProvider time) : DelegatingChatClient(inner)
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
        var reader = new AnthropicEventReader();
        using var ending = new UpstreamEnding(time, cancellationToken);
        await using var updates = base.GetStreamingResponseAsync(messages, WithReasoning(options), ending.Token).GetAsyncEnumerator(ending.Token);
        while (await NextAsync(updates, ending))
        {
            var update = Read(updates.Current, reader);
            ending.Saw(reader.Finished, reader.Finished);
            if (update is not null)
            {
                yield return update;
            }
        }
    }

    // The adapter knows the effort only as the abstractions spell it.
    private static ChatOptions? WithReasoning(ChatOptions? options)
    {
        if (options is null || options.Reasoning is not null || ReasoningEfforts.Value(options) is not { } effort)
        {
            return options;
        }

        options = options.Clone();
        options.Reasoning = new ReasoningOptions { Effort = effort };
        return options;
    }

    private async ValueTask<bool> NextAsync(IAsyncEnumerator<ChatResponseUpdate> updates, UpstreamEnding ending)
    {
        try
        {
            return await ending.NextAsync(updates);
        }
        catch (AnthropicSseException e)
        {
            throw FromEvent(e);
        }
        catch (Exception e) when (IsMalformed(e))
        {
            throw Malformed(e);
        }
    }

    // The package reads an event's properties only when they are asked for.
    private ChatResponseUpdate? Read(ChatResponseUpdate update, AnthropicEventReader reader)
    {
        try
        {
            return reader.Read(update);
        }
        catch (Exception e) when (IsMalformed(e))
        {
            throw Malformed(e);
        }
    }

    private static bool IsMalformed(Exception e) => e is AnthropicInvalidDataException or JsonException or InvalidOperationException or KeyNotFoundException;

    private ProviderException Malformed(Exception e) => UpstreamErrors.Protocol(target, "sent an event that isn't one of Anthropic's", e);

    // SSE error returned from server: '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
    private ProviderException FromEvent(AnthropicSseException exception)
    {
        var from = exception.Message.IndexOf('{', StringComparison.Ordinal);
        var to = exception.Message.LastIndexOf('}');
        try
        {
            using var document = JsonDocument.Parse(from >= 0 && to > from ? exception.Message[from..(to + 1)] : "{}");
            return UpstreamErrors.FromErrorElement(target, JsonText.Find(document.RootElement, "error") ?? document.RootElement);
        }
        catch (JsonException)
        {
            return UpstreamErrors.Protocol(target, "reported an error in broken JSON");
        }
    }
}
