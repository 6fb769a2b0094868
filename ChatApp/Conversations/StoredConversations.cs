using System.Buffers.Text;
using System.Globalization;
using System.Text;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Storage;

namespace ChatApp.Conversations;

/// <summary>Stored conversations as programs list, read and change them. One belongs to who made it; for all others there is none of that id.</summary>
/// <remarks>Every member throws <see cref="StorageException"/> where the database does not do it; nothing was changed then.</remarks>
public sealed class StoredConversations(ConversationStore store, ConversationBook book, RunHost host, TimeProvider time)
{
    /// <summary>A caller's conversations, the last used first.</summary>
    /// <param name="caller">Whose.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="after"><see cref="ConversationPage.Next"/> of the page before; null for the first page.</param>
    /// <returns>Null where <paramref name="after"/> is no such thing.</returns>
    public async Task<ConversationPage?> ListAsync(Caller caller, int most, string? after)
    {
        var last = default(ConversationRow);
        if (after is not null && (last = ReadCursor(after)) is null)
        {
            return null;
        }

        // One more than is shown tells whether there are more.
        var rows = await store.ListAsync(caller.StoredName, most + 1, last);
        return new ConversationPage([.. rows.Take(most).Select(ConversationInfo.Of)], rows.Count > most ? Cursor(rows[most - 1]) : null);
    }

    /// <summary>The caller's conversations that hold all words of a text, the best match first, each with an excerpt.</summary>
    public async Task<ConversationPage> SearchAsync(Caller caller, string text, int most)
    {
        var found = await store.SearchAsync(caller.StoredName, text, most);
        return new ConversationPage([.. found.Select(one => ConversationInfo.Of(one.Conversation) with { Excerpt = one.Excerpt.Length > 0 ? one.Excerpt : null })], Next: null);
    }

    /// <summary>The conversation of that id; null where there is none.</summary>
    public async Task<ConversationInfo?> FindAsync(string id, Caller caller) => await store.FindAsync(id, caller.StoredName) is { } row ? ConversationInfo.Of(row) : null;

    /// <summary>Makes an empty conversation.</summary>
    /// <param name="caller">Whose.</param>
    /// <param name="title">What it is called; null for the first words of its first question.</param>
    public async Task<ConversationInfo> AddAsync(Caller caller, string? title)
    {
        var now = time.GetUtcNow();
        var row = new ConversationRow { Id = book.NewId(), Owner = caller.StoredName, Title = ConversationTitles.Clean(title ?? ""), Created = now, Updated = now };
        await store.AddAsync(row);
        return ConversationInfo.Of(row);
    }

    /// <summary>The conversation with its messages: those of the branch that is shown, or all, parents before their children.</summary>
    /// <returns>Null where there is none of that id.</returns>
    public async Task<ConversationContent?> ReadAsync(string id, Caller caller, bool all)
    {
        if (await store.FindAsync(id, caller.StoredName) is not { } row)
        {
            return null;
        }

        // The row first: what is added between the two reads is a message more, and never a leaf that is missing.
        var messages = all ? WithSiblings(await store.AllAsync(id)) : row.LeafId is null ? [] : await store.PathAsync(id, row.LeafId, int.MaxValue);
        var read = new List<ConversationMessage>(messages.Count);
        foreach (var message in messages)
        {
            read.Add(await ReadAsync(message, caller));
        }

        return new ConversationContent(ConversationInfo.Of(row), read);
    }

    /// <summary>Gives it another title, shows another branch of it, or both.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="caller">Whose.</param>
    /// <param name="title">The title; null to leave it.</param>
    /// <param name="leafId">A message of the branch to show; null to leave it.</param>
    /// <returns>As it is then; null where there is none of that id.</returns>
    /// <exception cref="UnknownMessageException">The message is not in it; nothing was changed.</exception>
    public async Task<ConversationInfo?> ChangeAsync(string id, Caller caller, string? title, string? leafId)
    {
        if (await store.FindAsync(id, caller.StoredName) is null)
        {
            return null;
        }

        if (leafId is not null && !await store.SelectAsync(id, caller.StoredName, leafId))
        {
            throw new UnknownMessageException();
        }

        if (title is not null)
        {
            await store.RenameAsync(id, caller.StoredName, ConversationTitles.Clean(title));
        }

        return await FindAsync(id, caller);
    }

    /// <summary>Deletes it and stops what is being answered in it; for a while <see cref="RestoreAsync"/> brings it back.</summary>
    /// <returns>False where there is none of that id.</returns>
    public async Task<bool> DeleteAsync(string id, Caller caller)
    {
        if (await store.FindAsync(id, caller.StoredName) is null)
        {
            return false;
        }

        var runs = (await store.AllAsync(id)).Select(message => message.Run).OfType<RunRow>().ToList();
        foreach (var row in runs.Where(row => !RunStateExtensions.Parse(row.State).IsEnded()))
        {
            if (await host.FindAsync(row.Id, caller) is { } run)
            {
                await host.StopAsync(run);
            }
        }

        var deleted = await store.DeleteAsync(id, caller.StoredName, time.GetUtcNow());
        // Nor are its answers there any more.
        host.Forget(runs.Select(row => row.Id));
        return deleted;
    }

    /// <summary>Brings back what was deleted.</summary>
    /// <returns>The conversation, also where it was not deleted; null where there is none of that id, or no longer.</returns>
    public async Task<ConversationInfo?> RestoreAsync(string id, Caller caller)
    {
        await store.RestoreAsync(id, caller.StoredName);
        return await FindAsync(id, caller);
    }

    private async Task<ConversationMessage> ReadAsync(MessageRow message, Caller caller)
    {
        var read = new ConversationMessage(message.Id, message.ParentId, message.Role, message.Text, message.Created, message.Siblings);
        if (message.Run is not { } row)
        {
            return read;
        }

        // What is being made is not in the row yet; its text and the number of its last event are of one moment.
        var run = !RunStateExtensions.Parse(row.State).IsEnded() ? await host.FindAsync(row.Id, caller) : Run.OfText(row with { Text = message.Text }, time);
        return run?.Snapshot() is not { } snapshot ? read : read with
        {
            Text = snapshot.Text,
            Run = new MessageRun(row.Id, row.Model, snapshot, run.Sources),
        };
    }

    private static List<MessageRow> WithSiblings(IReadOnlyList<MessageRow> messages)
    {
        var siblings = messages.ToLookup(message => message.ParentId ?? "", message => message.Id, StringComparer.Ordinal);
        var known = siblings.ToDictionary(group => group.Key, group => (IReadOnlyList<string>)[.. group.Order(StringComparer.Ordinal)], StringComparer.Ordinal);
        return [.. messages.Select(message => message with { Siblings = known[message.ParentId ?? ""] })];
    }

    // Where the next page begins: opaque to clients, so that it may become something else.
    private static string Cursor(ConversationRow row) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{row.Updated.ToUnixTimeMilliseconds()}:{row.Id}")));

    private static ConversationRow? ReadCursor(string cursor)
    {
        if (cursor.Length is 0 or > 200 || !Base64Url.IsValid(cursor))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor));
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && long.TryParse(text.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var ms) && ms < 253_402_300_800_000
            ? new ConversationRow { Id = text[(colon + 1)..], Owner = "", Title = "", Created = default, Updated = DateTimeOffset.FromUnixTimeMilliseconds(ms) }
            : null;
    }
}

/// <summary>Some of a caller's conversations.</summary>
/// <param name="Conversations">The conversations.</param>
/// <param name="Next">Where the next page begins; null where there is none.</param>
public sealed record ConversationPage(IReadOnlyList<ConversationInfo> Conversations, string? Next);

/// <summary>A stored conversation without its messages.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Title">What it is called.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Updated">When something was last asked in it.</param>
/// <param name="LeafId">The last message of the branch that is shown; null while there is none.</param>
/// <param name="IsRunning">Whether an answer is being made in it.</param>
public sealed record ConversationInfo(string Id, string Title, DateTimeOffset Created, DateTimeOffset Updated, string? LeafId, bool IsRunning)
{
    /// <summary>The words that a search found, with some around them; null where only the title matches, or nothing was searched.</summary>
    public string? Excerpt { get; init; }

    internal static ConversationInfo Of(ConversationRow row) => new(row.Id, ConversationTitles.Shown(row.Title), row.Created, row.Updated, row.LeafId, row.IsRunning);
}

/// <summary>A stored conversation with messages.</summary>
/// <param name="Conversation">The conversation.</param>
/// <param name="Messages">The messages, each after the one it follows.</param>
public sealed record ConversationContent(ConversationInfo Conversation, IReadOnlyList<ConversationMessage> Messages);

/// <summary>A message as of one moment.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ParentId">The message it follows; null for a first one.</param>
/// <param name="Role"><c>user</c> or <c>assistant</c>.</param>
/// <param name="Text">What it says; of an answer that is being made, what it says so far.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Siblings">All messages with the same parent, this one among them, oldest first.</param>
public sealed record ConversationMessage(string Id, string? ParentId, string Role, string Text, DateTimeOffset Created, IReadOnlyList<string> Siblings)
{
    /// <summary>How it was made; null for questions and for what was imported.</summary>
    public MessageRun? Run { get; init; }
}

/// <summary>The run of an answer.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Model">The model that answers.</param>
/// <param name="Now">Where it stands.</param>
/// <param name="Sources">What the answer rests on.</param>
public sealed record MessageRun(string Id, string Model, RunSnapshot Now, IReadOnlyList<RunSource> Sources);
