namespace ChatApp.Tests.Infrastructure;

/// <summary>The repository's own files, for tests that read them.</summary>
internal static class Repository
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>The files below a folder with one of the endings, build output left out.</summary>
    public static IEnumerable<string> Files(string folder, params string[] endings) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories)
            .Where(file => endings.Any(ending => file.EndsWith(ending, StringComparison.Ordinal)))
            .Where(file => !Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "node_modules"));

    private static string Find(string folder) =>
        File.Exists(Path.Combine(folder, "ChatApp.sln")) ? folder : Find(Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("There is no ChatApp.sln above the tests."));
}
