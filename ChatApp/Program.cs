using ChatApp.Api;
using ChatApp.Api.Native;
using ChatApp.Conversations;
using ChatApp.Runs;
using ChatApp.Security;

namespace ChatApp;

/// <summary>The app: what it is made of, and what it serves.</summary>
public static class Program
{
    public static async Task Main(string[] args)
    {
        await using var app = Build(args);
        await app.RunAsync();
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
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddRuns();
        builder.Services.AddConversations();
        builder.Services.AddApi();
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseSecurityHeaders();
        app.MapHealth();
        app.MapNative();
        return app;
    }
}
