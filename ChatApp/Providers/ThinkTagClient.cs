using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>Turns <c>&lt;think&gt;…&lt;/think&gt;</c> at the start of an answer into reasoning, for servers that don't do so themselves.</summary>
internal sealed class ThinkTagClient(IChatClient inner) : DelegatingChatClient(inner)
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
        var splitter = new ThinkTagSplitter();
        await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken))
        {
            if (!splitter.Done)
            {
                Split(update, splitter);
            }

            if (update.Contents.Count > 0 || update.FinishReason is not null)
            {
                yield return update;
            }
        }

        // Cut off inside what might have become a tag: then it was text.
        var rest = new List<AIContent>();
        splitter.Flush(rest);
        if (rest.Count > 0)
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, rest);
        }
    }

    private static void Split(ChatResponseUpdate update, ThinkTagSplitter splitter)
    {
        var contents = new List<AIContent>();
        foreach (var content in update.Contents)
        {
            if (content is TextContent text)
            {
                splitter.Append(text.Text, contents);
            }
            else
            {
                contents.Add(content);
            }
        }

        if (update.FinishReason is not null)
        {
            splitter.Flush(contents);
        }

        update.Contents = contents;
    }
}
