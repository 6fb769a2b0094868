namespace ChatApp.Storage;

internal static class PostgresDialect
{
    public static string? ConnectionProblem(string text) => text.Length == 0 ? "is missing" : null;
}
