using System.Globalization;
using System.Text;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Storage;

namespace ChatApp.Conversations;

/// <summary>Whole conversations as files, out and in.</summary>
public sealed class ConversationArchive(StoredConversations conversations, ConversationStore store, ConversationBook book, TimeProvider time)
{
    private const int MaxFileName = 60;

    /// <summary>The whole tree, as of one moment, also while answers are being made; null where there is no conversation of that id.</summary>
    /// <exception cref="StorageException">The database can't be read.</exception>
    public async Task<ArchivedConversation?> ExportAsync(string id, Caller caller) => await conversations.ReadAsync(id, caller, all: true) is not var (info, messages) ? null : new ArchivedConversation
    {
        Version = ArchivedConversation.CurrentVersion,
        Title = info.Title,
        Created = info.Created,
        Updated = info.Updated,
        LeafId = info.LeafId,
        Messages = messages.Select(message => new ArchivedMessage
        {
            Id = message.Id,
            ParentId = message.ParentId,
            Role = message.Role,
            Content = message.Text,
            Created = message.Created,
            Reasoning = message.Run?.Now.Reasoning is { Length: > 0 } reasoning ? reasoning : null,
            Model = message.Run?.Model,
            State = message.Run?.Now.State.ToWire(),
        }).ToList(),
    };

    /// <summary>The branch that is shown, as Markdown for people, piece by piece; null where there is no conversation of that id.</summary>
    /// <exception cref="StorageException">The database can't be read.</exception>
    public async Task<(string Title, IEnumerable<string> Pieces)?> ToMarkdownAsync(string id, Caller caller) =>
        await conversations.ReadAsync(id, caller, all: false) is not var (info, messages) ? null : (info.Title, Pieces(info, messages));

    /// <summary>Adds a conversation that a file has, or says what is wrong with it; then nothing is added. Everything gets a new id.</summary>
    /// <exception cref="StorageException">The database did not take it.</exception>
    public async Task<(ConversationInfo? Conversation, IReadOnlyList<ImportError> Errors)> ImportAsync(ArchivedConversation archived, Caller caller)
    {
        var import = new ConversationImport(archived, time.GetUtcNow());
        import.Check();
        if (import.Errors.Count > 0)
        {
            return (null, import.Errors);
        }

        var (conversation, messages) = import.Rows(book.NewId(), caller.StoredName);
        await store.ImportAsync(conversation, messages);
        return (ConversationInfo.Of(conversation), []);
    }

    /// <summary>A file name of a title that is safe on every system: letters, digits and dashes, never a reserved name, never long.</summary>
    public static string FileName(string title, string extension)
    {
        var name = new StringBuilder("chat");
        var isApart = true;
        foreach (var rune in title.EnumerateRunes())
        {
            if (name.Length >= MaxFileName)
            {
                break;
            }

            if (!Rune.IsLetterOrDigit(rune))
            {
                isApart = true;
                continue;
            }

            name.Append(isApart ? "-" : "").Append(rune.ToString());
            isApart = false;
        }

        return $"{name}.{extension}";
    }

    private static IEnumerable<string> Pieces(ConversationInfo info, IReadOnlyList<ConversationMessage> messages)
    {
        yield return $"# {info.Title}\n";
        foreach (var message in messages)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"\n## {Heading(message)} – {message.Created.UtcDateTime:yyyy-MM-dd HH:mm} UTC\n\n");
            yield return message.Text.TrimEnd();
            yield return "\n";
            if (message.Run is { Now.State: not RunState.Completed and var state })
            {
                yield return $"\n*({state.ToWire()})*\n";
            }
        }
    }

    private static string Heading(ConversationMessage message) => message.Role == MessageRow.User ? "You" : message.Run?.Model ?? "Assistant";
}
