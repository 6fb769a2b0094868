using System.Text.RegularExpressions;
using ChatApp.Api;
using ChatApp.Api.AgUi;
using ChatApp.Api.AiSdk;
using ChatApp.Api.Conversations;
using ChatApp.Api.Native;
using ChatApp.Api.OpenAI;
using ChatApp.Api.Responses;
using ChatApp.Components;
using ChatApp.Conversations;
using ChatApp.Providers;
using ChatApp.Rendering;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Storage;
using ChatApp.Telemetry;
using ChatApp.Tools;
using Microsoft.Extensions.Options;

namespace ChatApp;

/// <summary>The app: what it is made of, and what it serves.</summary>
public static partial class Program
{
    public static Task<int> Main(string[] args) => RunAsync(args);

    /// <summary>Runs the app, or the command that <paramref name="args"/> name, to its end; <paramref name="configure"/> as for <see cref="Build"/>.</summary>
    /// <returns>What a supervisor sees: 0 ended as asked, 2 a setting is wrong, 3 the database can't be used, 4 the address can't be used.</returns>
    public static async Task<int> RunAsync(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        if (KeyCommand.Handles(args))
        {
            return await KeyCommand.RunAsync(args, Console.Out, Console.Error);
        }

        if (BackupCommand.Handles(args))
        {
            return await BackupCommand.RunAsync(args, Console.Out, Console.Error);
        }

        try
        {
            await using var app = Build(args, configure);
            app.Services.GetRequiredService<IStartupValidator>().Validate();
            try
            {
                await app.StartAsync();
            }
            catch (Exception exception) when (StartFailure.Of(exception, app.Configuration) is { } failure)
            {
                await Console.Error.WriteLineAsync(failure.Message);
                return failure.Code;
            }

            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (Exception exception) when (SettingProblems(exception) is { Count: > 0 } problems)
        {
            await Console.Error.WriteLineAsync($"ChatApp can't start with these settings:\n  {string.Join("\n  ", problems)}");
            return 2;
        }
    }

    /// <summary>Puts the app together; <paramref name="configure"/> may change what it is made of before it is built.</summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        Durations.Register();
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = args,
            ApplicationName = typeof(Program).Assembly.GetName().Name,
            // Settings and assets are beside the program, whatever directory it is started from.
            ContentRootPath = AppContext.BaseDirectory,
        });
        UseDefaultUrl(builder);
        if (StartRules.Problems(builder.Configuration) is { Count: > 0 } problems)
        {
            throw new OptionsValidationException("", typeof(Program), [.. problems, .. SettingNames.Problems(builder.Configuration)]);
        }

        StartRules.LimitHosts(builder.Configuration);

        // Assets are found beside a build as well as in a published app, in every environment.
        builder.WebHost.UseStaticWebAssets();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddStorage();
        builder.Services.AddStoredKeys();
        builder.Services.AddTelemetry();
        builder.Services.AddDoor();
        builder.Services.AddProviders(builder.Configuration);
        builder.Services.AddTools();
        builder.Services.AddRuns();
        builder.Services.AddConversations();
        builder.Services.AddApi();
        builder.Services.AddRendering();
        builder.Services.AddComponents();
        // By the system's clock, whatever the app's says: the memory is the process's.
        builder.Services.AddHostedService(_ => new IdleMemory(
            TimeProvider.System, () => GC.GetTotalAllocatedBytes(),
            () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true)));
        configure?.Invoke(builder);
        var runs = false;
        StartFailure.SayOnce(builder.Logging, () => Volatile.Read(ref runs));

        var app = builder.Build();
        app.Lifetime.ApplicationStarted.Register(() => Volatile.Write(ref runs, true));
        SettingsFiles.KeepWhatWasRead(app.Configuration as IConfigurationRoot ?? throw new InvalidOperationException("The settings have no files."), app.Logger);
        app.UseSecurityHeaders();
        app.UseStorageProblems();
        RuntimeCheck.Warn(app.Logger, Environment.Version);
        app.UseDoor();
        app.UseWebSockets();
        app.UseAntiforgery();
        app.MapDoor();
        app.MapHealth();
        app.MapMetrics();
        app.MapNative();
        app.MapConversations();
        app.MapApiDescription();
        app.MapOpenAI();
        app.MapResponses();
        app.MapAiSdk();
        app.MapAgUi();
        app.MapOtherRequests("/api", problem => problem);
        app.MapOtherRequests("/v1", OpenAIErrors.Of);
        app.MapComponents();
        return app;
    }

    // Not in appsettings.json: a setting there would win over ASPNETCORE_URLS.
    private static void UseDefaultUrl(WebApplicationBuilder builder)
    {
        string[] keys = ["urls", "http_ports", "https_ports"];
        if (keys.All(key => string.IsNullOrEmpty(builder.Configuration[key])) && !builder.Configuration.GetSection("Kestrel:Endpoints").Exists())
        {
            builder.WebHost.UseUrls("http://localhost:5080");
        }
    }

    /// <summary>What is wrong with the settings, where that is why the app can't start; none otherwise. It names settings and never their values.</summary>
    internal static List<string> SettingProblems(Exception exception) => exception switch
    {
        OptionsValidationException invalid => [.. invalid.Failures],
        AggregateException several => [.. several.InnerExceptions.SelectMany(SettingProblems)],
        InvalidOperationException when Unreadable().Match(exception.Message) is { Success: true } match =>
            [$"{match.Groups["key"].Value} can't be read: it must be of the type {match.Groups["type"].Value}."],
        InvalidDataException { InnerException: not null } => [SettingsFiles.Describe(exception)],
        _ => [],
    };

    // Failed to convert configuration value 'lots' at 'ChatApp:Runs:MaxCharacters' to type 'System.Int32'.
    [GeneratedRegex(@"at '(?<key>[^']+)' to type '(System\.)?(?<type>[^']+)'\.?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Unreadable();
}
