using ChatApp.Runs;

namespace ChatApp.Api;

/// <summary>The headers of every response that starts or reads a run.</summary>
internal static class RunHeaders
{
    public const string RunId = "X-Run-Id";

    /// <summary>The conversation that the run belongs to, where it does.</summary>
    public const string ConversationId = "X-Conversation-Id";

    /// <summary>The message of that conversation that the answer is: what a next question may name as its <c>parentMessageId</c>.</summary>
    public const string MessageId = "X-Message-Id";

    public static void Set(HttpResponse response, Run run)
    {
        response.Headers[RunId] = run.Id;
        if (run.ConversationId is { } conversation)
        {
            response.Headers[ConversationId] = conversation;
        }

        if (run.MessageId is { } message)
        {
            response.Headers[MessageId] = message;
        }
    }
}
