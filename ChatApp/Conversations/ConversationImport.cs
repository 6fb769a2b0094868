using ChatApp.Storage;

namespace ChatApp.Conversations;

/// <summary>A whole conversation as a file has it: what <see cref="ConversationArchive"/> writes and takes.</summary>
public sealed record ArchivedConversation
{
    /// <summary>The version of the format that is written, and the only one that is taken.</summary>
    public const int CurrentVersion = 1;

    public int? Version { get; init; }

    public string? Title { get; init; }

    public DateTimeOffset? Created { get; init; }

    public DateTimeOffset? Updated { get; init; }

    /// <summary>The last message of the branch that is shown.</summary>
    public string? LeafId { get; init; }

    /// <summary>All messages, in the order they were made.</summary>
    public IReadOnlyList<ArchivedMessage?>? Messages { get; init; }
}

/// <summary>A message of a file. Its id means something in the file alone.</summary>
public sealed record ArchivedMessage
{
    public string? Id { get; init; }

    public string? ParentId { get; init; }

    public string? Role { get; init; }

    public string? Content { get; init; }

    public DateTimeOffset? Created { get; init; }

    /// <summary>For people and programs that read the file; not taken.</summary>
    public string? Reasoning { get; init; }

    /// <inheritdoc cref="Reasoning"/>
    public string? Model { get; init; }

    /// <inheritdoc cref="Reasoning"/>
    public string? State { get; init; }
}

/// <summary>Something wrong in a file.</summary>
/// <param name="Path">Where, such as <c>messages[3].role</c>.</param>
/// <param name="Message">What, for people.</param>
public sealed record ImportError(string Path, string Message);

/// <summary>Checks a file and makes rows of it.</summary>
internal sealed class ConversationImport(ArchivedConversation archived, DateTimeOffset now)
{
    /// <summary>How many messages a file may have.</summary>
    public const int MaxMessages = 10_000;

    private const int MaxErrors = 20;
    private const int MaxId = 128;

    // Clocks differ.
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(5);

    private readonly IReadOnlyList<ArchivedMessage?> _messages = archived.Messages ?? [];
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<int> _order = [];

    /// <summary>The first that is wrong with the file; none where it can be taken.</summary>
    public List<ImportError> Errors { get; } = [];

    /// <summary>Looks at all of it.</summary>
    public void Check()
    {
        if (archived.Version != ArchivedConversation.CurrentVersion)
        {
            // Whatever else it says may mean something else.
            Add("version", archived.Version is { } other
                ? $"version {other} is not known here. This server takes version {ArchivedConversation.CurrentVersion}."
                : $"version is missing. A file that this server wrote has version {ArchivedConversation.CurrentVersion}.");
            return;
        }

        if (archived.Title is { } title && !ConversationTitles.IsFit(title))
        {
            Add("title", $"A title has 1 to {ConversationTitles.MaxLength} visible characters on one line.");
        }

        CheckTime("created", archived.Created);
        CheckTime("updated", archived.Updated);
        if (archived.Messages is null)
        {
            Add("messages", "messages is missing: the list of all messages.");
        }

        if (_messages.Count > MaxMessages)
        {
            Add("messages", $"A conversation may have {MaxMessages} messages.");
            return;
        }

        for (var i = 0; i < _messages.Count && !IsFull; i++)
        {
            CheckMessage(i, _messages[i]);
        }

        Sort();
        if (archived.LeafId is { } leaf && !_places.ContainsKey(leaf))
        {
            Add("leafId", "leafId names no message of the file.");
        }
    }

    /// <summary>The rows, under new ids, so that what is imported twice is there twice.</summary>
    /// <param name="id">The conversation's id.</param>
    /// <param name="owner">Whose it is to be.</param>
    public (ConversationRow Conversation, List<MessageRow> Messages) Rows(string id, string owner)
    {
        // Ids sort by time, and siblings by their ids: each gets a millisecond of its own, the last one now.
        var ids = new string[_messages.Count];
        for (var i = 0; i < _order.Count; i++)
        {
            ids[_order[i]] = Guid.CreateVersion7(now.AddMilliseconds(i + 1 - _order.Count)).ToString("n");
        }

        var messages = _order.ConvertAll(i =>
        {
            var message = _messages[i]!;
            return new MessageRow
            {
                Id = ids[i],
                ParentId = message.ParentId is { } parent ? ids[_places[parent]] : null,
                Role = message.Role!,
                Text = message.Content!,
                Created = message.Created ?? archived.Created ?? now,
            };
        });
        var leaf = archived.LeafId is { } known ? ids[_places[known]] : messages is [.., { } last] ? last.Id : null;
        return (new ConversationRow
        {
            Id = id,
            Owner = owner,
            Title = archived.Title ?? (messages.Find(message => message.Role == MessageRow.User) is { } first ? ConversationTitles.Of(first.Text) : ""),
            Created = archived.Created ?? now,
            Updated = archived.Updated ?? now,
            LeafId = leaf,
        }, messages);
    }

    private bool IsFull => Errors.Count >= MaxErrors;

    private void CheckMessage(int i, ArchivedMessage? message)
    {
        if (message is null)
        {
            Add($"messages[{i}]", "A message is an object.");
            return;
        }

        if (message.Id is not { Length: > 0 and <= MaxId } id)
        {
            Add($"messages[{i}].id", $"A message has an id of 1 to {MaxId} characters.");
        }
        else if (!_places.TryAdd(id, i))
        {
            Add($"messages[{i}].id", $"messages[{_places[id]}] has the same id.");
        }

        if (message.Role is not (MessageRow.User or MessageRow.Assistant))
        {
            Add($"messages[{i}].role", "A message's role is user or assistant.");
        }

        if (message.Content is null)
        {
            Add($"messages[{i}].content", "A message's content is a text.");
        }

        CheckTime($"messages[{i}].created", message.Created);
    }

    // Each message after its parent, else in the order of the file, which is that of the siblings.
    private void Sort()
    {
        var placed = new bool[_messages.Count];
        for (var i = 0; i < _messages.Count && !IsFull; i++)
        {
            var chain = new List<int>();
            var seen = new HashSet<int>();
            for (var at = i; !placed[at];)
            {
                chain.Add(at);
                if (!seen.Add(at))
                {
                    Add($"messages[{at}].parentId", "The message follows itself, by way of others.");
                    break;
                }

                if (_messages[at]?.ParentId is not { } parent)
                {
                    break;
                }

                if (!_places.TryGetValue(parent, out var next))
                {
                    Add($"messages[{at}].parentId", "parentId names no message of the file.");
                    break;
                }

                at = next;
            }

            for (var j = chain.Count - 1; j >= 0; j--)
            {
                if (!placed[chain[j]])
                {
                    placed[chain[j]] = true;
                    _order.Add(chain[j]);
                }
            }
        }
    }

    private void CheckTime(string path, DateTimeOffset? value)
    {
        if (value > now + Ahead)
        {
            Add(path, "The time is in the future.");
        }
        else if (value < DateTimeOffset.UnixEpoch)
        {
            Add(path, "The time is before 1970.");
        }
    }

    private void Add(string path, string message)
    {
        if (!IsFull)
        {
            Errors.Add(new ImportError(path, message));
        }
    }
}
