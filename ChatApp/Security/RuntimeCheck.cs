namespace ChatApp.Security;

/// <summary>Says at the start where the .NET runtime has known security problems that a newer one fixes.</summary>
internal static partial class RuntimeCheck
{
    /// <summary>The oldest runtime without known problems that concern this app.</summary>
    public static readonly Version Fixed = new(10, 0, 13);

    public static void Warn(ILogger logger, Version running)
    {
        if (running < Fixed)
        {
            Outdated(logger, running, Fixed);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "This runs on .NET {Running}. Security problems that others can reach over the network are fixed in .NET {Fixed}: update the runtime")]
    private static partial void Outdated(ILogger logger, Version running, Version @fixed);
}
