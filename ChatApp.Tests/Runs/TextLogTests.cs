using ChatApp.Runs;
using FsCheck;
using FsCheck.Fluent;

namespace ChatApp.Tests.Runs;

public sealed class TextLogTests
{
    [Fact]
    public void Slice_OfAnyPieces_IsTheSliceOfTheWholeText() => Prop.ForAll(
        Gen.OneOf(Gen.Choose(0, 40), Gen.Choose(0, 3000)).SelectMany(length => Gen.Choose(0, 9).Select(kind => Piece(length, kind))).ListOf().ToArbitrary(),
        Gen.Choose(0, 10_000).Two().ToArbitrary(),
        (pieces, cut) =>
        {
            var (log, whole) = (new TextLog(), string.Concat(pieces));
            foreach (var piece in pieces)
            {
                log.Append(piece);
            }

            var (from, to) = (Math.Min(cut.Item1, whole.Length), Math.Min(cut.Item2, whole.Length));
            return log.Length == whole.Length && log.Slice(0, whole.Length) == whole && log.Slice(from, to) == (from < to ? whole[from..to] : "");
        }).QuickCheckThrowOnFailure();

    // Mostly one byte a character; some that need two, at any place of a chunk.
    private static string Piece(int length, int kind) =>
        string.Create(length, kind, static (text, kind) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                text[i] = kind switch { 0 => (char)('一' + (i % 500)), 1 => i == text.Length / 2 ? '…' : 'x', 2 => 'é', _ => (char)('a' + (i % 26)) };
            }
        });
}
