using System.Net.Sockets;
using System.Security.Cryptography;
using ChatApp.Storage;
using Microsoft.AspNetCore.Connections;

namespace ChatApp.Security;

/// <summary>Why the app could not start, for the person who started it.</summary>
/// <param name="Code">The process's exit code: 2 a setting is wrong, 3 the database can't be used, 4 the address can't be used.</param>
/// <param name="Message">What happened and what to do, in one line.</param>
internal sealed record StartFailure(int Code, string Message)
{
    private const string Server = "Microsoft.AspNetCore.Server.Kestrel";

    // The framework logs the exception as well, with its stack. Both categories have more to say once the app runs.
    private static readonly string[] Loggers = [Server, "Microsoft.Extensions.Hosting.Internal.Host"];

    /// <summary>The failure behind an exception that the start threw; null where it is none of these but a mistake of ours.</summary>
    public static StartFailure? Of(Exception exception, IConfiguration settings) => exception switch
    {
        StorageStartException => new(3, exception.Message),
        CryptographicException or FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException =>
            new(2, $"The certificate for HTTPS can't be read: {FirstLine(exception)} Check the paths and passwords in Kestrel:Endpoints and Kestrel:Certificates."),
        IOException when exception.InnerException is AddressInUseException => new(4, $"{FirstLine(exception)} {Advice}"),
        IOException or SocketException when IsServers(exception) || exception is SocketException || HasSocketError(exception) =>
            new(4, $"ChatApp can't listen on {string.Join(", ", StartRules.Addresses(settings).Select(address => address.Url))}: {FirstLine(exception)}. {Advice}"),
        InvalidOperationException or FormatException or ArgumentException when IsServers(exception) =>
            new(2, $"ChatApp can't listen with these settings (urls, Kestrel): {FirstLine(exception)}"),
        _ => null,
    };

    /// <summary>Until the app runs, the framework does not log why it can't: <see cref="Of"/> says it in one line.</summary>
    /// <param name="logging">Where the rules go.</param>
    /// <param name="runs">Whether the app runs by now.</param>
    public static void SayOnce(ILoggingBuilder logging, Func<bool> runs) => logging.Services.PostConfigure<LoggerFilterOptions>(options =>
    {
        foreach (var name in Loggers)
        {
            // The level stays what it is by the settings, for this logger and those below it.
            var rule = options.Rules.LastOrDefault(rule => rule.ProviderName is null && rule.Filter is null && Covers(rule, name) && !options.Rules.Any(other =>
                other.ProviderName is null && other.Filter is null && Covers(other, name) && (other.CategoryName?.Length ?? 0) > (rule.CategoryName?.Length ?? 0)));
            options.Rules.Add(new LoggerFilterRule(providerName: null, name, rule?.LogLevel ?? options.MinLevel, (_, category, _) => category != name || runs()));
        }
    });

    private const string Advice = "Give another address with --urls http://localhost:PORT.";

    private static bool Covers(LoggerFilterRule rule, string name) => rule.CategoryName is null or "Default" || name.StartsWith(rule.CategoryName, StringComparison.OrdinalIgnoreCase);

    private static bool IsServers(Exception exception) => exception.Source?.StartsWith(Server, StringComparison.Ordinal) == true;

    private static bool HasSocketError(Exception exception) => exception.InnerException switch
    {
        SocketException => true,
        AggregateException several => several.InnerExceptions.Any(inner => inner is SocketException || HasSocketError(inner)),
        { } inner => HasSocketError(inner),
        null => false,
    };

    private static string FirstLine(Exception exception) => exception.Message.Split('\n')[0].Trim();
}
