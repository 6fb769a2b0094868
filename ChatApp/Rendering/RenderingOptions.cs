namespace ChatApp.Rendering;

/// <summary>How answers are drawn while they stream.</summary>
public sealed class RenderingOptions
{
    /// <summary>The configuration section these are bound from.</summary>
    public const string Section = "ChatApp:Rendering";

    // Up to here an answer is read as it comes; from there on nobody keeps up with it.
    private const int Short = 400;
    private const int Long = 1_600;

    /// <summary>
    /// The shortest time between two renders of one answer that begins; of a long one it is twice that. Longer saves bytes and processor time, shorter looks
    /// smoother.
    /// </summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The time between two renders of an answer that has come to so many characters.</summary>
    public TimeSpan At(int length) => Interval * (1 + ((double)(Math.Clamp(length, Short, Long) - Short) / (Long - Short)));
}
