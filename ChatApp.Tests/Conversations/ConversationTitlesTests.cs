using ChatApp.Conversations;

namespace ChatApp.Tests.Conversations;

public sealed class ConversationTitlesTests
{
    [Theory]
    [InlineData("How do I stop?", "How do I stop?")]
    [InlineData("  two\n\tlines\u0000 ", "two lines")]
    [InlineData(" \n", "New chat")]
    [InlineData("This is a question that is a good deal longer than a title should be, so it is cut", "This is a question that is a good deal longer…")]
    public void Of_Question_IsItsFirstWords(string question, string title) => Assert.Equal(title, ConversationTitles.Of(question));

    [Fact]
    public void Of_LongWordWithEmoji_NeverCutsACharacter()
    {
        var title = ConversationTitles.Of(string.Concat(Enumerable.Repeat("😀", 100)));
        Assert.DoesNotContain('\ufffd', System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(title)));
        Assert.True(title.Length <= ConversationTitles.MaxLength);
    }
}
