using System.Text.Encodings.Web;
using System.Text.Json;

namespace ChatApp.Security;

/// <summary><c>key new NAME</c> on the command line: makes an API key and the entry for the settings.</summary>
internal static class KeyCommand
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether the arguments are meant for it.</summary>
    public static bool Handles(string[] args) => args is ["key", ..];

    /// <summary>Runs it; 0 where a key was made, 2 where the arguments are wrong.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        if (args is not ["key", "new", var name])
        {
            await error.WriteLineAsync("Usage: dotnet run --project ChatApp -- key new NAME");
            return 2;
        }

        if (!ApiKeysOptionsValidator.IsName(name))
        {
            await error.WriteLineAsync($"The name must have 1 to {ApiKeysOptionsValidator.MaxName} visible characters, without blanks at its ends.");
            return 2;
        }

        var key = ApiKey.Create();
        var entry = JsonSerializer.Serialize(new ApiKeyEntry { Name = name, Hash = Convert.ToHexString(ApiKey.Hash(key)).ToLowerInvariant() }, Plain);
        await output.WriteLineAsync($"""
            The key, shown this once. Hand it to its holder and keep it nowhere else:

              {key}

            Its entry for the list ChatApp:ApiKeys in appsettings.json:

              {entry}

            """);
        return 0;
    }
}
