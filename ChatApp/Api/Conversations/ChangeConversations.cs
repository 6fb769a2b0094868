using ChatApp.Conversations;
using ChatApp.Security;

namespace ChatApp.Api.Conversations;

/// <summary>Making, changing and deleting conversations.</summary>
internal static class ChangeConversations
{
    /// <summary>The most an imported file may have.</summary>
    private const int MaxImportBytes = 10 * 1024 * 1024;

    public static async Task<IResult> AddAsync(HttpContext context, StoredConversations conversations)
    {
        var (body, _, problem) = await JsonBody.ReadAsync<NewConversation>(context.Request, context.RequestAborted);
        problem ??= CheckTitle(body!.Title);
        return problem ?? Created(context, await conversations.AddAsync(context.GetCaller(), body!.Title));
    }

    public static async Task<IResult> ChangeAsync(string id, HttpContext context, StoredConversations conversations)
    {
        var (body, _, problem) = await JsonBody.ReadAsync<ConversationChange>(context.Request, context.RequestAborted);
        problem ??= CheckTitle(body!.Title) ?? (body is { Title: null, LeafId: null } ? Problem.Validation("", "Nothing is to be changed. Send title, leafId or both.") : null);
        if (problem is not null)
        {
            return problem;
        }

        try
        {
            return await conversations.ChangeAsync(id, context.GetCaller(), body!.Title, body.LeafId) is { } changed ? ConversationJson.Result(changed) : Problem.NotFound;
        }
        catch (UnknownMessageException exception)
        {
            return Problem.From(exception)!;
        }
    }

    public static async Task<IResult> DeleteAsync(string id, HttpContext context, StoredConversations conversations) =>
        await conversations.DeleteAsync(id, context.GetCaller()) ? Results.NoContent() : Problem.NotFound;

    public static async Task<IResult> RestoreAsync(string id, HttpContext context, StoredConversations conversations) =>
        await conversations.RestoreAsync(id, context.GetCaller()) is { } restored ? ConversationJson.Result(restored) : Problem.NotFound;

    public static async Task<IResult> ImportAsync(HttpContext context, ConversationArchive archive)
    {
        var (body, _, problem) = await JsonBody.ReadAsync<ArchivedConversation>(context.Request, context.RequestAborted, MaxImportBytes);
        if (problem is not null)
        {
            return problem;
        }

        var (imported, errors) = await archive.ImportAsync(body!, context.GetCaller());
        return imported is null ? Problem.Validation([.. errors.Select(error => (error.Path, error.Message))]) : Created(context, imported);
    }

    private static Problem? CheckTitle(string? title) => title is null || ConversationTitles.IsFit(title)
        ? null
        : Problem.Validation("title", $"A title has 1 to {ConversationTitles.MaxLength} visible characters on one line.");

    private static IResult Created(HttpContext context, ConversationInfo conversation)
    {
        context.Response.Headers.Location = $"/api/conversations/{conversation.Id}";
        return ConversationJson.Result(conversation, StatusCodes.Status201Created);
    }
}
