using System.Text.Json;

namespace ChatApp.Api.Responses;

/// <summary>
/// Looks for half a character in JSON, as in <c>"\ud83d"</c> alone. It shows only when a text is taken; the input and the schemas of tools are kept
/// as they came, and the model's provider would be the first to fail at them.
/// </summary>
internal static class WholeTexts
{
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static bool AreIn(ReadOnlySpan<byte> json)
    {
        // Only an escape can be half a character in valid UTF-8.
        if (json.IndexOf("\\u"u8) < 0)
        {
            return true;
        }

        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                {
                    reader.GetString();
                }
            }

            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
