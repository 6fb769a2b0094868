namespace ChatApp.Api.Conversations;

public static class ConversationRoutes
{
    private const string Json = "application/json";

    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Maps stored conversations: list, search, read, make, change, delete, export and import.</summary>
    public static IEndpointRouteBuilder MapConversations(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/api").DisableAntiforgery();

        api.MapMethods("/conversations", Reading, ReadConversations.ListAsync).Describe(
            "Your conversations, the last used first, or those that a search finds", Json, [400, 401, 406], body: null,
            ("?search", "Words that the title or the messages hold, or that begin words they hold."),
            ("?limit", "How many at most, 1 to 200; 50 without it."),
            ("?after", "next of the page before."));

        api.MapPost("/conversations", ChangeConversations.AddAsync).Describe(
            StatusCodes.Status201Created, "Make an empty conversation", Json, [400, 401, 413, 415], typeof(NewConversation));

        api.MapMethods("/conversations/{id}", Reading, ReadConversations.GetAsync).Describe(
            "A conversation with its messages", Json, [400, 401, 404, 406], body: null,
            ("?tree", "true for all messages; without it those of the branch that is shown."));

        api.MapPatch("/conversations/{id}", ChangeConversations.ChangeAsync).Describe(
            "Give a conversation another title, or show another branch of it", Json, [400, 401, 404, 413, 415], typeof(ConversationChange));

        api.MapDelete("/conversations/{id}", ChangeConversations.DeleteAsync).Describe(
            StatusCodes.Status204NoContent, "Delete a conversation; what is being answered in it is stopped", Json, [401, 404]);

        // A POST without a body is what any page could make a browser send.
        api.MapPost("/conversations/{id}/restore", ChangeConversations.RestoreAsync).RefuseCrossSite().Describe(
            "Bring back a conversation that was deleted", Json, [401, 403, 404]);

        api.MapMethods("/conversations/{id}/export", Reading, ReadConversations.ExportAsync).Describe(
            "A conversation as a file", Json, [400, 401, 404, 406], body: null,
            ("?format", "json, the whole tree, which can be imported; or markdown, the branch that is shown."));

        api.MapPost("/conversations/import", ChangeConversations.ImportAsync).Describe(
            StatusCodes.Status201Created, "Add a conversation from an exported file", Json, [400, 401, 413, 415], typeof(ChatApp.Conversations.ArchivedConversation));
        return endpoints;
    }
}
