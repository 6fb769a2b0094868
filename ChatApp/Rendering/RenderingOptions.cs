namespace ChatApp.Rendering;

/// <summary>How answers are drawn while they stream.</summary>
public sealed class RenderingOptions
{
    /// <summary>The configuration section these are bound from.</summary>
    public const string Section = "ChatApp:Rendering";

    /// <summary>The shortest time between two renders of one answer. Longer saves bytes and processor time, shorter looks smoother.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromMilliseconds(50);
}
