using System.Data.Common;
using Dapper;

namespace ChatApp.Storage;

/// <summary>Search over titles and messages: which conversations hold all words, and where.</summary>
internal static class Search
{
    // How many characters of a message are shown before the word and from it on.
    private const int Before = 40, Behind = 120;

    public static async Task<IReadOnlyList<FoundConversation>> RunAsync(DbConnection connection, Dialect dialect, string owner, IReadOnlyList<string> words, int most)
    {
        var values = new DynamicParameters(new { owner, most });
        for (var i = 0; i < words.Count; i++)
        {
            values.Add($"word{i}", SearchWords.IsIndexed(words[i]) ? dialect.SearchTerm(words[i]) : $"%{words[i]}%");
        }

        string[] inTitle = [.. words.Select((word, i) => Holds("conversations", "c", "title", word, $"@word{i}"))];
        string[] inText = [.. words.Select((word, i) => Holds("messages", "m", "text", word, $"@word{i}"))];
        // First those whose title holds all, then those where one message does, then those where the words are spread.
        var sql = $"""
            SELECT {ConversationColumns.All} FROM conversations c
            WHERE c.owner = @owner AND c.deleted IS NULL
              AND {string.Join("\n  AND ", words.Select((_, i) => $"({inTitle[i]} OR c.id IN (SELECT m.conversation_id FROM messages m WHERE {inText[i]}))"))}
            ORDER BY
              CASE WHEN {string.Join(" AND ", inTitle)} THEN 0 WHEN c.id IN (SELECT m.conversation_id FROM messages m WHERE {string.Join(" AND ", inText)}) THEN 1 ELSE 2 END,
              c.updated DESC, c.id DESC
            LIMIT @most
            """;
        var found = (await connection.QueryAsync<ConversationColumns>(sql, values)).AsList();
        if (found.Count == 0)
        {
            return [];
        }

        // Of each, the message that holds the most of the words, and of those the newest.
        var ids = string.Join(", ", found.Select((_, i) => $"@id{i}"));
        for (var i = 0; i < found.Count; i++)
        {
            values.Add($"id{i}", found[i].Id);
        }

        var held = string.Join(" + ", inText.Select(condition => $"CASE WHEN {condition} THEN 1 ELSE 0 END"));
        var texts = (await connection.QueryAsync<(string Id, string Text)>(
            $"""
            SELECT t.conversation_id, t.text FROM (
              SELECT m.conversation_id, m.text, row_number() OVER (PARTITION BY m.conversation_id ORDER BY {held} DESC, m.number DESC) AS place
              FROM messages m WHERE m.conversation_id IN ({ids}) AND ({string.Join(" OR ", inText)})) t
            WHERE t.place = 1
            """,
            values)).ToDictionary(text => text.Id, text => text.Text, StringComparer.Ordinal);
        return [.. found.Select(row => new FoundConversation(row.Row, texts.TryGetValue(row.Id, out var text) ? Excerpt(text, words) : ""))];

        string Holds(string table, string alias, string column, string word, string parameter) =>
            SearchWords.IsIndexed(word) ? dialect.Holds(table, alias, parameter) : $"{alias}.{column} {dialect.Like} {parameter}";
    }

    private static string Excerpt(string text, IReadOnlyList<string> words)
    {
        var at = words.Select(word => WordAt(text, word)).Where(place => place >= 0).DefaultIfEmpty(0).Min();
        var from = Math.Max(0, at - Before);
        // From a word's beginning, and never inside a surrogate pair.
        while (from > 0 && from < at && !char.IsWhiteSpace(text[from - 1]))
        {
            from++;
        }

        var to = Math.Min(text.Length, at + Behind);
        if (to < text.Length && char.IsLowSurrogate(text[to]))
        {
            to--;
        }

        var cut = string.Join(' ', text[from..to].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return $"{(from > 0 ? "…" : "")}{cut}{(to < text.Length ? "…" : "")}";
    }

    private static int WordAt(string text, string word)
    {
        for (var at = 0; (at = text.IndexOf(word, at, StringComparison.OrdinalIgnoreCase)) >= 0; at++)
        {
            if (at == 0 || !char.IsLetterOrDigit(text[at - 1]))
            {
                return at;
            }
        }

        return -1;
    }
}
