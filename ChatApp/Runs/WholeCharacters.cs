using System.Text;

namespace ChatApp.Runs;

/// <summary>
/// Keeps a stream of text valid Unicode whatever way it was cut: a character outside the basic plane that came as <c>"\ud83d"</c> and
/// <c>"\ude00"</c> is put together again, and half a character that stays alone becomes U+FFFD.
/// </summary>
internal sealed class WholeCharacters
{
    private char _high;

    /// <summary>The next piece, with what was held back before it and without a first half at its end.</summary>
    public string Take(string piece)
    {
        if (_high == 0 && piece.Length > 0 && !piece.AsSpan().ContainsAnyInRange('\ud800', '\udfff'))
        {
            return piece;
        }

        var text = _high == 0 ? piece : _high + piece;
        _high = text.Length > 0 && char.IsHighSurrogate(text[^1]) ? text[^1] : '\0';
        var whole = _high == 0 ? text : text[..^1];

        // Going over UTF-8 replaces what is half.
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(whole));
    }

    /// <summary>What is left when nothing more comes: a first half that was held back has lost its second.</summary>
    public string End()
    {
        var left = _high == 0 ? "" : "\ufffd";
        _high = '\0';
        return left;
    }
}
