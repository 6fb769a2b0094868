using System.Text.Json;
using ChatApp.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace ChatApp.Tests.Infrastructure;

/// <summary>Two API keys and the settings that make them valid: on the command line, or in a file that the test changes while the app runs.</summary>
internal sealed class TestKeys : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():n}.json");

    public TestKeys() => Keep(("ann", Ann), ("ben", Ben));

    public static string Ann { get; } = ApiKey.Create();

    public static string Ben { get; } = ApiKey.Create();

    /// <summary>The settings with both keys.</summary>
    public static (string Key, string Value)[] Settings { get; } =
    [
        ("ChatApp:ApiKeys:0:Name", "ann"),
        ("ChatApp:ApiKeys:0:Hash", HashOf(Ann)),
        ("ChatApp:ApiKeys:1:Name", "ben"),
        ("ChatApp:ApiKeys:1:Hash", HashOf(Ben)),
    ];

    public static string HashOf(string key) => Convert.ToHexString(ApiKey.Hash(key));

    /// <summary>Makes the app read its keys from the file.</summary>
    public void Configure(WebApplicationBuilder builder) => builder.Configuration.AddJsonFile(_file);

    /// <summary>Leaves only these in the file, and lets the app see it.</summary>
    public void Keep(TestApp app, params (string Name, string Key)[] keys)
    {
        Keep(keys);
        Reload(app);
    }

    /// <summary>Writes anything into the file, and lets the app see it.</summary>
    public void Write(TestApp app, string text)
    {
        File.WriteAllText(_file, text);
        Reload(app);
    }

    public void Dispose() => File.Delete(_file);

    private void Keep(params (string Name, string Key)[] keys) => File.WriteAllText(
        _file,
        JsonSerializer.Serialize(new { ChatApp = new { ApiKeys = keys.Select(key => new { key.Name, Hash = HashOf(key.Key) }) } }));

    // What a watcher of files does, without the wait for it.
    private static void Reload(TestApp app)
    {
        try
        {
            ((IConfigurationRoot)app.Services.GetService(typeof(IConfiguration))!).Reload();
        }
        catch (Exception exception) when (exception is AggregateException or InvalidDataException)
        {
            // Settings that are not valid: what the app makes of them is the test's question.
        }
    }
}
