using System.Globalization;
using System.Text;
using System.Text.Json;
using ChatApp.Conversations;
using ChatApp.Security;
using Microsoft.Net.Http.Headers;

namespace ChatApp.Api.Conversations;

/// <summary>Listing, searching, reading and exporting conversations.</summary>
internal static class ReadConversations
{
    private const string Json = "application/json";
    private const string Markdown = "text/markdown; charset=utf-8";
    private const int MostListed = 200;

    public static async Task<IResult> ListAsync(HttpContext context, StoredConversations conversations)
    {
        var query = context.Request.Query;
        var (search, after) = (query["search"].ToString().Trim(), query["after"].ToString());
        var limit = 50;
        if (query.TryGetValue("limit", out var asked) && !(int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MostListed))
        {
            return Problem.Validation("limit", $"limit is a number from 1 to {MostListed}.");
        }

        if (search.Length > 0 && after.Length > 0)
        {
            return Problem.Validation("after", "after goes through the list page by page. A search has one page: the best matches.");
        }

        if (Accept.Check(context.Request, Json) is { } unfit)
        {
            return unfit;
        }

        var page = search.Length > 0 ? await conversations.SearchAsync(context.GetCaller(), search, limit)
            : await conversations.ListAsync(context.GetCaller(), limit, after.Length > 0 ? after : null);
        return page is null ? Problem.Validation("after", "after is not the next of a page. Begin again without it.") : ConversationJson.Result(page);
    }

    public static async Task<IResult> GetAsync(string id, HttpContext context, StoredConversations conversations)
    {
        var tree = context.Request.Query["tree"].ToString();
        if (tree is not ("" or "true" or "false"))
        {
            return Problem.Validation("tree", "tree is true or false.");
        }

        return Accept.Check(context.Request, Json)
            ?? (await conversations.ReadAsync(id, context.GetCaller(), all: tree == "true") is { } content ? ConversationJson.Result(content) : Problem.NotFound);
    }

    public static async Task<IResult> ExportAsync(string id, HttpContext context, ConversationArchive archive)
    {
        var format = context.Request.Query["format"].ToString();
        if (format is not ("" or "json" or "markdown"))
        {
            return Problem.Validation("format", "format is json or markdown.");
        }

        var isMarkdown = format == "markdown";
        if (Accept.Check(context.Request, isMarkdown ? Markdown : Json) is { } unfit)
        {
            return unfit;
        }

        // All of it is read before anything is sent: what is sent is of one moment, and a database that fails has a status.
        if (isMarkdown)
        {
            return await archive.ToMarkdownAsync(id, context.GetCaller()) is var (title, pieces)
                ? Attachment(context, ConversationArchive.FileName(title, "md"), Markdown, body => WriteAsync(body, pieces))
                : Problem.NotFound;
        }

        return await archive.ExportAsync(id, context.GetCaller()) is { } archived
            ? Attachment(context, ConversationArchive.FileName(archived.Title ?? "", "json"), Json, body => JsonSerializer.SerializeAsync(body, archived, ConversationJson.FileOptions))
            : Problem.NotFound;
    }

    private static IResult Attachment(HttpContext context, string name, string contentType, Func<Stream, Task> write)
    {
        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName(name);
        context.Response.Headers.ContentDisposition = disposition.ToString();
        context.Response.Headers.CacheControl = ConversationJson.CacheControl;
        return Results.Stream(write, contentType);
    }

    private static async Task WriteAsync(Stream body, IEnumerable<string> pieces)
    {
        await using var writer = new StreamWriter(body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        foreach (var piece in pieces)
        {
            await writer.WriteAsync(piece);
        }
    }
}
