using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Infrastructure;

/// <summary>Notes the options that a model was asked with.</summary>
internal sealed class OptionsClient(IChatClient model) : DelegatingChatClient(model)
{
    /// <summary>What it was asked with last.</summary>
    public ChatOptions? Options { get; private set; }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Options = options;
        await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken))
        {
            yield return update;
        }
    }
}
