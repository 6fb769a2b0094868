using Microsoft.Extensions.AI;

namespace ChatApp.Runs;

/// <summary>How many tokens a text has, where nobody said: about four characters each.</summary>
public static class TokenEstimate
{
    private const int CharactersPerToken = 4;

    // Models send a token a piece, and few tokens are longer than this; a longer piece is several.
    private const int LongestToken = 12;

    /// <summary>Tokens of a whole text.</summary>
    public static int OfText(int characters) => (characters + CharactersPerToken - 1) / CharactersPerToken;

    /// <summary>Tokens of a conversation.</summary>
    public static int OfMessages(IEnumerable<ChatMessage> messages) => messages.Sum(message => OfText(message.Text.Length) + CharactersPerToken);

    /// <summary>Tokens of one piece of a stream.</summary>
    public static int OfPiece(string piece) => piece.Length <= LongestToken ? 1 : OfText(piece.Length);
}
