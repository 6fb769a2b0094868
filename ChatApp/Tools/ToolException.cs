namespace ChatApp.Tools;

/// <summary>A tool can't do what was asked; the message says why, to the model and to people.</summary>
public sealed class ToolException(string message) : Exception(message);
