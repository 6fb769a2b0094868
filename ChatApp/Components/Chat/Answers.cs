namespace ChatApp.Components.Chat;

/// <summary>What became of something asked of the session.</summary>
internal static class Answers
{
    /// <summary>Whether it was done: what has no answer was.</summary>
    public static async Task<bool> OfAsync(Task asked)
    {
        await asked;
        return asked is not Task<bool> answer || await answer;
    }
}
