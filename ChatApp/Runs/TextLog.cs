namespace ChatApp.Runs;

/// <summary>Text that only grows, kept once; readers take slices of it. Not synchronised: the run's lock guards it.</summary>
internal sealed class TextLog
{
    private char[] _chars = [];

    public int Length { get; private set; }

    public void Append(string text)
    {
        if (Length + text.Length > _chars.Length)
        {
            Array.Resize(ref _chars, Math.Max(Length + text.Length, Math.Max(256, _chars.Length * 2)));
        }

        text.CopyTo(_chars.AsSpan(Length));
        Length += text.Length;
    }

    public string Slice(int from, int to) => from < to ? new string(_chars, from, to - from) : "";
}
