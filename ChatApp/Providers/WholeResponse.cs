using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>A whole answer from a streamed one: providers are only ever asked for streams, so that both ways fail and stop alike.</summary>
internal static class WholeResponse
{
    internal static Task<ChatResponse> ToWholeResponseAsync(this IAsyncEnumerable<ChatResponseUpdate> updates, CancellationToken cancellationToken) =>
        WithoutProgress(updates).ToChatResponseAsync(cancellationToken);

    // Fragments and retries tell how an answer comes about; they are no part of it.
    private static async IAsyncEnumerable<ChatResponseUpdate> WithoutProgress(IAsyncEnumerable<ChatResponseUpdate> updates)
    {
        await foreach (var update in updates)
        {
            update.Contents = [.. update.Contents.Where(c => c is not (ToolCallDeltaContent or RetryContent))];
            yield return update;
        }
    }
}
