using System.Text.Json;
using Microsoft.Extensions.Primitives;

namespace ChatApp.Security;

/// <summary>
/// Settings files that change while the app runs. One with a slip in it would be emptied and throw where nobody sees it; here what it held
/// before stays, and the log names the file and the line.
/// </summary>
internal static partial class SettingsFiles
{
    /// <summary>From now on a file that can't be read changes nothing. At the start it ends the app.</summary>
    public static void KeepWhatWasRead(IConfigurationRoot settings, ILogger logger)
    {
        foreach (var file in settings.Providers.OfType<FileConfigurationProvider>())
        {
            var held = Read(file, path: null).ToList();
            ChangeToken.OnChange(file.GetReloadToken, () => held = [.. Read(file, path: null)]);
            file.Source.OnLoadException = failure =>
            {
                // Before anybody is told of the change: the framework has emptied it by now.
                held.ForEach(setting => failure.Provider.Set(setting.Key, setting.Value));
                failure.Ignore = true;
                Unreadable(logger, Describe(failure.Exception));
            };
        }
    }

    /// <summary>Which file it is and, where that is known, from which line on it is wrong.</summary>
    public static string Describe(Exception exception) => $"{exception.Message} {Position(exception.InnerException)}".TrimEnd();

    private static string Position(Exception? cause) => cause switch
    {
        JsonException { LineNumber: { } line } => $"It is no JSON from line {line + 1} on.",
        { InnerException: { } inner } => Position(inner),
        _ => "",
    };

    private static IEnumerable<KeyValuePair<string, string?>> Read(FileConfigurationProvider file, string? path)
    {
        foreach (var name in file.GetChildKeys([], path).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            var key = path is null ? name : ConfigurationPath.Combine(path, name);
            if (file.TryGet(key, out var value))
            {
                yield return new(key, value);
            }

            foreach (var below in Read(file, key))
            {
                yield return below;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Problem} All settings stay as they were before the change, and a key that was taken out is still valid: put the file right")]
    private static partial void Unreadable(ILogger logger, string problem);
}
